import { readFileSync } from 'node:fs';
import { buildSchema, execute, type GraphQLOutputType, getNamedType, isObjectType, parse } from 'graphql';
import type { Section } from '../consent-policy/vocabulary.ts';
import type { SectionAnswer } from '../subgraphs/care-record/provider/connector.ts';

const entryTypes: Readonly<Record<string, string>> = {
  problems: 'Problem',
  medications: 'Medication',
  allergies: 'Allergy',
  results: 'Result',
  encounters: 'Encounter',
  documents: 'Document',
};
const schema = buildSchema(
  `${readFileSync('subgraphs/care-record/entries.graphql', 'utf8')}
  type Query { ${Object.entries(entryTypes).map(([section, type]) => `${section}: [${type}!]!`)} }`,
  // The definitions of federation's directives stand elsewhere.
  { assumeValidSDL: true },
);

function selectionOf(type: GraphQLOutputType): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  const fields = Object.values(named.getFields()).map((field) => `${field.name} ${selectionOf(field.type)}`);
  return `{ ${fields.join(' ')} }`;
}

const queries = new Map(
  Object.entries(entryTypes).map(([section, type]) => {
    const entry = schema.getType(type);
    if (!isObjectType(entry)) throw new Error(`no such type: ${type}`);
    return [section, parse(`{ ${section} ${selectionOf(entry)} }`)];
  }),
);

/** What graphql-js says against a section's entries, every field being asked for. */
export function schemaErrors(section: Section, { entries }: SectionAnswer): readonly string[] {
  const document = queries.get(section);
  if (document === undefined) throw new Error(`no such section: ${section}`);
  const items = entries.map(({ localId, item }) => ({
    ...item,
    id: localId,
    source: { ...item.source, organisation: null, retrievedAt: '2026-01-01T00:00:00Z' },
  }));
  const result = execute({ schema, document, rootValue: { [section]: items } });
  if (result instanceof Promise) throw new Error('an entry holds a promise');
  return (result.errors ?? []).map((error) => error.message);
}

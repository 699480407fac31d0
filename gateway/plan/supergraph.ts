import { readdirSync, readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { buildASTSchema, type DocumentNode, parse } from 'graphql';
import { consentLint } from '../../consent-policy/directive.ts';

/** One subgraph of ours: its name is its folder's. */
export interface SubgraphSource {
  readonly name: string;
  readonly typeDefs: DocumentNode;
}

/** The subgraphs do not compose; the message lists every reason. */
export class CompositionFault extends Error {
  readonly code = 'COMPOSITION_FAILED';

  constructor(reasons: readonly string[]) {
    super(`the subgraphs do not compose:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`);
    this.name = 'CompositionFault';
  }
}

/** What a subgraph's folder says to the supergraph; `member.graphql` is what care-record says to its members. */
const schemaFiles = ['schema.graphql', 'public.graphql', 'entries.graphql'];
const subgraphsFolder = new URL('../../subgraphs/', import.meta.url);

/** Reads the schema of every folder of `subgraphs/` that has one. */
export function readSubgraphs(folder: URL = subgraphsFolder): readonly SubgraphSource[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, text: readSchema(new URL(`${name}/`, folder)) }))
    .filter(({ text }) => text !== '')
    .map(({ name, text }) => ({ name, typeDefs: parse(text) }));
}

/**
 * Composes one supergraph, or throws a `CompositionFault`: also for a field of `Patient` that no `@consent` guards in the
 * supergraph, since composition itself fails closed on no directive of ours.
 */
export function composeSupergraph(subgraphs: readonly SubgraphSource[]): string {
  const services = subgraphs.map(({ name, typeDefs }) => ({ name, typeDefs, url: `in-process:${name}` }));
  const { supergraphSdl, errors } = composeServices(services);
  if (supergraphSdl === undefined) throw new CompositionFault((errors ?? []).map((error) => error.message));
  const unguarded = consentLint(buildASTSchema(parse(supergraphSdl), { assumeValidSDL: true }));
  if (unguarded.length > 0) throw new CompositionFault(unguarded);
  return supergraphSdl;
}

function readSchema(folder: URL): string {
  const present = readdirSync(folder);
  return schemaFiles
    .filter((file) => present.includes(file))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('\n');
}

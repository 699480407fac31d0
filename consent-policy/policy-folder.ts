import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { suggestionList } from 'graphql/jsutils/suggestionList.js';
import { vocabulary } from './vocabulary.ts';

/** The rules that must be in force: a folder without one of them would show more than it may. */
export const ruleIds = [
  'role',
  'relationship',
  'training',
  'purpose',
  'agreement',
  'dissent',
  'restricted-person',
  'deceased',
  'sensitive',
  'not-for-patient',
] as const;

/** The only rule that permits: with one permit, every other rule can only take away. */
export const permittingRule = 'role';

/** Name of the file that declares the facts and their words to Cedar. */
export const schemaFile = 'schema.cedarschema';

/** A policy folder as it was read, not yet checked. */
export interface PolicyTexts {
  readonly schema: string | null;
  /** Text by policy id, which is the file's name without `.cedar`; in order of id. */
  readonly policies: ReadonlyMap<string, string>;
  /** Names of files that are neither: perhaps a rule whose ending is misspelt. */
  readonly strangers: readonly string[];
}

/** Reads the files of a policy folder. Hidden files are passed over: a mounted ConfigMap has some. */
export function readPolicyFolder(folder: URL): PolicyTexts {
  const path = fileURLToPath(folder);
  const names = readdirSync(path)
    .filter((name) => !name.startsWith('.'))
    .sort();
  const read = (name: string) => readFileSync(join(path, name), 'utf8');
  const policies = names.filter((name) => name.endsWith('.cedar'));
  return {
    schema: names.includes(schemaFile) ? read(schemaFile) : null,
    policies: new Map(policies.map((name) => [name.slice(0, -'.cedar'.length), read(name)])),
    strangers: names.filter((name) => name !== schemaFile && !name.endsWith('.cedar')),
  };
}

/** Everything that is wrong with a policy folder, each as a sentence; empty for one that may decide. */
export function policyProblems(texts: PolicyTexts): readonly string[] {
  const form = [...texts.policies].flatMap(([id, text]) => formProblems(id, text));
  return [
    ...texts.strangers.map((name) => `\`${name}\`: neither a policy (\`.cedar\`) nor \`${schemaFile}\``),
    ...ruleIds.filter((id) => !texts.policies.has(id)).map((id) => `\`${id}.cedar\`: missing`),
    ...form,
    ...(texts.schema === null
      ? [`\`${schemaFile}\`: missing`]
      : [
          ...schemaProblems(texts.schema),
          // A policy that does not parse would fail the validation of all, and is told of already.
          ...validationProblems(texts.schema, form.length === 0 ? texts.policies : new Map()),
        ]),
  ];
}

/** One file, one rule, named alike; and only `role` permits. */
function formProblems(id: string, text: string): readonly string[] {
  const parsed = cedar.policyToJson(text);
  if (parsed.type === 'failure')
    return parsed.errors.map((error) => `\`${id}.cedar\`: ${error.message} (one policy a file)`);
  const problems: string[] = [];
  if (parsed.json.annotations?.id !== id) problems.push(`\`${id}.cedar\`: must carry \`@id("${id}")\``);
  if ((parsed.json.effect === 'permit') !== (id === permittingRule))
    problems.push(`\`${id}.cedar\`: \`${permittingRule}\` permits, every other policy forbids`);
  return problems;
}

function schemaProblems(text: string): readonly string[] {
  const declared = cedar.schemaToJson(text);
  if (declared.type === 'failure')
    return declared.errors.map((error) => `\`${schemaFile}\`: ${error.message}`);
  const types = declared.json['']?.entityTypes ?? {};
  const context = declared.json['']?.actions.release?.appliesTo?.context;
  const words = Object.entries(vocabulary).flatMap(([fact, expected]) => {
    const type = types[cedarType(fact)];
    return type !== undefined && 'enum' in type && isDeepStrictEqual(new Set(type.enum), new Set(expected))
      ? []
      : [`\`${schemaFile}\`: \`${cedarType(fact)}\` must enumerate exactly the words of vocabulary.ts`];
  });
  return isDeepStrictEqual(context, releaseContext())
    ? words
    : [...words, `\`${schemaFile}\`: the context of \`release\` must be exactly the facts of vocabulary.ts`];
}

function releaseContext() {
  const attributes = Object.keys(vocabulary).map((fact) => [
    fact,
    { type: 'EntityOrCommon', name: cedarType(fact) },
  ]);
  return { type: 'Record', attributes: Object.fromEntries(attributes) };
}

/** Strict validation. A warning counts: it says, for instance, that a policy can never apply. */
function validationProblems(schema: string, policies: ReadonlyMap<string, string>): readonly string[] {
  const answer = cedar.validate({
    validationSettings: { mode: 'strict' },
    schema,
    policies: { staticPolicies: Object.fromEntries(policies) },
  });
  // Only a schema that does not parse fails here, and `schemaProblems` tells of that.
  if (answer.type === 'failure') return [];
  return [...answer.validationErrors, ...answer.validationWarnings]
    .map(({ policyId, error }) => `\`${policyId}.cedar\`: ${inShort(policyId, error)}`)
    .sort();
}

/** Cedar's words without the policy's id a second time, and with the word that was meant instead of all that there are. */
function inShort(policyId: string, { message, help }: cedar.DetailedError): string {
  const own = message.replace(`for policy \`${policyId}\``, '').replace(/^[:,] /, '');
  const [, type, written] = foreignWord.exec(own) ?? [];
  if (type === undefined || written === undefined) return help ? `${own} (${help})` : own;
  const words = [...(help ?? '').matchAll(/"([^"]+)"/g)].map(([, word = '']) => word);
  const [near] = suggestionList(written, words);
  const meant = near === undefined ? `the words stand in \`${schemaFile}\`` : `did you mean \`${near}\`?`;
  return `\`${written}\` is no word of \`${type}\` (${meant})`;
}

const foreignWord = /^entity `(\w+)::"(.*?)"` is of an enumerated entity type/;

/** The Cedar type of a fact's words: the fact's name with a capital. */
export function cedarType(fact: string): string {
  return fact.slice(0, 1).toUpperCase() + fact.slice(1);
}

import { createHash } from 'node:crypto';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { LRUCache } from 'lru-cache';
import {
  cedarType,
  type PolicyTexts,
  permittingRule,
  policyProblems,
  readPolicyFolder,
} from './policy-folder.ts';
import { type Facts, vocabulary } from './vocabulary.ts';

/**
 * What the policy says of one release, and by which rules. A release carries `role`. A refusal carries every rule that
 * forbids it, and `role` besides whenever the matrix alone would refuse: such a section must not even say that a source
 * withholds something. `unreadable-facts` stands for facts that could not be judged.
 */
export interface Decision {
  readonly allowed: boolean;
  readonly policies: readonly string[];
}

/** A checked set of policies. `decide` never throws: what it cannot judge is refused. */
export interface Policy {
  decide(facts: Facts): Decision;
  /** Changes with every change of any policy or of the schema; recorded with what was decided. */
  readonly version: string;
  /** Ids of the policies in force, in alphabetical order. */
  readonly ids: readonly string[];
}

/** A policy folder that must not decide anything; `problems` lists all that is wrong with it. */
export class PolicyFault extends Error {
  override readonly name = 'PolicyFault';
  readonly code = 'POLICY_INVALID';
  readonly problems: readonly string[];
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(
      `the consent policy is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
      options,
    );
    this.problems = problems;
  }
}

/** The decision on facts that are missing, misspelt or could not be evaluated. */
export const unreadableFacts: Decision = decision(false, ['unreadable-facts']);

/**
 * Loads the policies of a folder, refusing to load anything unless all of it is valid.
 *
 * For authors: one rule is one file `policies/<id>.cedar`, with one sentence as a comment, `@id("<id>")`, and one
 * `forbid`; only `role` permits, so a further rule can only take away. A rule speaks of `context.<fact>` in the words
 * of `schema.cedarschema`, e.g. `context.role == Role::"nurse"` or `context.section in [Section::"risks"]`, and of
 * nothing else. A misspelt word, a rule that can never apply, a missing rule and a stray file all stop the start. The
 * rules that must be there are listed in policy-folder.ts; a new word goes into vocabulary.ts and the schema alike.
 *
 * Facts reach Cedar as references to enumerated entities, so that validation knows every word; there is no entity data.
 */
export function loadPolicy(folder = new URL('./policies/', import.meta.url)): Policy {
  const texts = readTexts(folder);
  const problems = policyProblems(texts);
  if (problems.length > 0) throw new PolicyFault(problems);
  const version = versionOf(texts);
  prepare(version, texts.policies);
  // Bounded only for safety: the facts that occur in practice are a few thousand.
  const decided = new LRUCache<number, Decision>({ max: 20_000 });
  const decide = (facts: Facts): Decision => {
    try {
      const key = keyOf(facts);
      if (key === null) return unreadableFacts;
      const known = decided.get(key) ?? evaluate(version, facts);
      decided.set(key, known);
      return known;
    } catch {
      return unreadableFacts;
    }
  };
  return { decide, version: version.slice(0, 16), ids: [...texts.policies.keys()] };
}

function readTexts(folder: URL): PolicyTexts {
  try {
    return readPolicyFolder(folder);
  } catch (cause) {
    throw new PolicyFault(['the folder cannot be read'], { cause });
  }
}

function versionOf(texts: PolicyTexts): string {
  return createHash('sha256')
    .update(JSON.stringify([texts.schema, ...texts.policies]))
    .digest('hex');
}

/** Parses once under two names: all rules, and `role` alone, which tells whether the matrix permits. */
function prepare(version: string, policies: ReadonlyMap<string, string>): void {
  const matrix = [...policies].filter(([id]) => id === permittingRule);
  cedar.preparsePolicySet(version, { staticPolicies: Object.fromEntries(policies) });
  cedar.preparsePolicySet(matrixOf(version), { staticPolicies: Object.fromEntries(matrix) });
}

const matrixOf = (version: string) => `${version}/${permittingRule}`;

const places = Object.entries(vocabulary).map(([fact, words]) => ({
  fact: fact as keyof Facts,
  size: words.length,
  place: new Map<unknown, number>(words.map((word, index) => [word, index])),
}));

/** One number for one combination of known words, which fits below 2^53; null for anything else. */
function keyOf(facts: Facts): number | null {
  if (Object.keys(facts).length !== places.length) return null;
  let key = 0;
  for (const { fact, size, place } of places) {
    const index = place.get(facts[fact]);
    if (index === undefined) return null;
    key = key * size + index;
  }
  return key;
}

function evaluate(version: string, facts: Facts): Decision {
  const all = ask(version, facts);
  if (all === null) return unreadableFacts;
  if (all.allowed) return all;
  const matrix = ask(matrixOf(version), facts);
  if (matrix === null) return unreadableFacts;
  return decision(false, matrix.allowed ? all.policies : [...all.policies, permittingRule].sort());
}

/** Asks Cedar; null if any policy could not be evaluated, for Cedar skips such a policy, even one that forbids. */
function ask(policySet: string, facts: Facts): Decision | null {
  const words = Object.entries(facts).map(([fact, word]) => [fact, { type: cedarType(fact), id: word }]);
  const answer = cedar.statefulIsAuthorized({
    principal: { type: 'Requester', id: 'requester' },
    action: { type: 'Action', id: 'release' },
    resource: { type: 'PatientRecord', id: 'record' },
    context: Object.fromEntries(words.map(([fact, uid]) => [fact, { __entity: uid }])),
    preparsedPolicySetId: policySet,
    entities: [],
  });
  if (answer.type === 'failure' || answer.response.diagnostics.errors.length > 0) return null;
  return decision(answer.response.decision === 'allow', answer.response.diagnostics.reason.sort());
}

function decision(allowed: boolean, policies: readonly string[]): Decision {
  return Object.freeze({ allowed, policies: Object.freeze(policies) });
}

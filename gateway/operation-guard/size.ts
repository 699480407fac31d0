import { Kind, type SelectionNode, type SelectionSetNode, visit } from 'graphql';
import type { Operation } from './operation.ts';
import type { GuardRule } from './rules.ts';

/**
 * How deep fields may nest, counted through fragments; a fragment that spreads itself has no end and is too deep. Introspection
 * is bounded by graphql's own `MaxIntrospectionDepthRule`, which lets the chains of `ofType` be that every tool asks for.
 */
export const depth: GuardRule = (operation, _generation, limits) => {
  const measured = measure(operation, operation.definition.selectionSet, new Map(), largest);
  return measured > limits.depth ? [`fields nest deeper than ${limits.depth}`] : [];
};

/** How many tokens the document has, comments included, which the parser's own limit lets pass. */
export const tokens: GuardRule = ({ document }, _generation, limits) => {
  let count = 0;
  for (let token = document.loc?.startToken ?? null; token !== null; token = token.next) count++;
  return count > limits.tokens + boundaryTokens ? [`the document has more than ${limits.tokens} tokens`] : [];
};

/** The beginning and the end of a file are tokens too. */
const boundaryTokens = 2;

/** How many aliases the document may hold, fragments included. */
export const aliases: GuardRule = ({ document }, _generation, limits) => {
  let count = 0;
  visit(document, { Field: (field) => (field.alias ? void count++ : undefined) });
  return count > limits.aliases ? [`the operation has more than ${limits.aliases} aliases`] : [];
};

/** How many fields the operation has once every fragment stands where it is spread: what an answer may cost grows with it. */
export const fields: GuardRule = (operation, _generation, limits) => {
  const counted = measure(operation, operation.definition.selectionSet, new Map(), total);
  return counted > limits.fields ? [`the operation has more than ${limits.fields} fields`] : [];
};

/** Measures of fragments that are already made; one being measured is infinite, so that a cycle ends there. */
type Measured = Map<string, number>;
/** From the measures of what a field holds and its siblings to one number. */
type Combine = (measures: readonly number[]) => number;

const largest: Combine = (measures) => Math.max(0, ...measures);
const introspection: ReadonlySet<string> = new Set(['__schema', '__type']);
const total: Combine = (measures) => measures.reduce((sum, each) => sum + each, 0);

/** Each fragment is measured once, however often it is spread, so that this ends as soon as the document does. */
function measure(
  operation: Operation,
  selections: SelectionSetNode | undefined,
  measured: Measured,
  combine: Combine,
): number {
  const below = (selection: SelectionNode): number => {
    if (selection.kind === Kind.FIELD) {
      if (combine === largest && introspection.has(selection.name.value)) return 1;
      return 1 + measure(operation, selection.selectionSet, measured, combine);
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      return measure(operation, selection.selectionSet, measured, combine);
    }
    const name = selection.name.value;
    const known = measured.get(name);
    if (known !== undefined) return known;
    measured.set(name, Number.POSITIVE_INFINITY);
    const own = measure(operation, operation.fragments.get(name)?.selectionSet, measured, combine);
    measured.set(name, own);
    return own;
  };
  return combine((selections?.selections ?? []).map(below));
}

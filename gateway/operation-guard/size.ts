import { Kind, type SelectionNode, type SelectionSetNode, visit } from 'graphql';
import type { Operation } from './operation.ts';
import type { GuardRule } from './rules.ts';

/** How deep fields may nest, counted through fragments; a fragment that spreads itself has no end and is too deep. */
export const depth: GuardRule = (operation, _generation, limits) => {
  const measured = depthOf(operation, operation.definition.selectionSet, new Map());
  return measured > limits.depth ? [`fields nest deeper than ${limits.depth}`] : [];
};

/** How many aliases the document may hold, fragments included. */
export const aliases: GuardRule = ({ document }, _generation, limits) => {
  let count = 0;
  visit(document, { Field: (field) => (field.alias ? void count++ : undefined) });
  return count > limits.aliases ? [`the operation has more than ${limits.aliases} aliases`] : [];
};

/** Depths of fragments that are already measured; one being measured is infinite, so that a cycle ends there. */
type Measured = Map<string, number>;

function depthOf(operation: Operation, selections: SelectionSetNode | undefined, measured: Measured): number {
  if (!selections) return 0;
  return Math.max(0, ...selections.selections.map((selection) => depthBelow(operation, selection, measured)));
}

function depthBelow(operation: Operation, selection: SelectionNode, measured: Measured): number {
  if (selection.kind === Kind.FIELD) return 1 + depthOf(operation, selection.selectionSet, measured);
  if (selection.kind === Kind.INLINE_FRAGMENT) return depthOf(operation, selection.selectionSet, measured);
  const name = selection.name.value;
  const known = measured.get(name);
  if (known !== undefined) return known;
  measured.set(name, Number.POSITIVE_INFINITY);
  const own = depthOf(operation, operation.fragments.get(name)?.selectionSet, measured);
  measured.set(name, own);
  return own;
}

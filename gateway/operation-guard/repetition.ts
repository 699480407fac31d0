import { type FieldNode, Kind, type SelectionSetNode } from 'graphql';
import type { Operation } from './operation.ts';
import type { GuardRule } from './rules.ts';

/**
 * An operation asks for its patient under one name: under each name the record would be fetched again, and one request could
 * call a provider as often as it takes to have it called unavailable for everybody.
 */
export const patientOnce: GuardRule = (operation) => {
  const names = new Set(patients(operation).map(({ alias, name }) => (alias ?? name).value));
  return names.size > 1 ? ['`patient` is asked for once an operation'] : [];
};

/** Under how many names one field may be asked for: once for a list and once for a detail is what front ends do. */
const mostNames = 4;

/**
 * Each further name of a field is one more value in every entry, made and sent by every provider: under enough of them, an answer
 * of any size comes from a record of any size. Names add up along the way: two of a section with two of its `items` are four.
 */
export const repeatedFields: GuardRule = (operation) => {
  const names = new Map<string, Set<string>>();
  const walk = (selections: SelectionSetNode | undefined, field: string, key: string): void => {
    for (const each of fieldsIn(operation, selections)) {
      const fieldPath = `${field}/${each.name.value}`;
      const keyPath = `${key}/${(each.alias ?? each.name).value}`;
      names.set(fieldPath, (names.get(fieldPath) ?? new Set()).add(keyPath));
      walk(each.selectionSet, fieldPath, keyPath);
    }
  };
  walk(operation.definition.selectionSet, '', '');
  const isOver = [...names].some(([path, keys]) => keys.size > mostNames && !introspective.test(path));
  return isOver ? [`a field is asked for under more than ${mostNames} names`] : [];
};

/** Introspection says nothing of a patient, and its names are a tool's. */
const introspective = /^\/__/;

function patients(operation: Operation): readonly FieldNode[] {
  return fieldsIn(operation, operation.definition.selectionSet).filter(
    ({ name }) => name.value === 'patient',
  );
}

/** The fields of a selection with its fragments opened; one that is spread again adds nothing (GraphQL spec, section 6.3.2). */
function fieldsIn(
  operation: Operation,
  selections: SelectionSetNode | undefined,
  visited = new Set<string>(),
): readonly FieldNode[] {
  return (selections?.selections ?? []).flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsIn(operation, selection.selectionSet, visited);
    const name = selection.name.value;
    if (visited.has(name)) return [];
    visited.add(name);
    return fieldsIn(operation, operation.fragments.get(name)?.selectionSet, visited);
  });
}

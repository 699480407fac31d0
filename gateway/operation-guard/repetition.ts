import { type FieldNode, Kind, type SelectionSetNode } from 'graphql';
import type { Operation } from './operation.ts';
import type { GuardRule } from './rules.ts';
import { countFields } from './size.ts';

/**
 * An operation asks for its patient under one name: under each name the record would be fetched again, and one request could
 * call a provider as often as it takes to have it called unavailable for everybody.
 */
export const patientOnce: GuardRule = (operation) => {
  const names = new Set(patients(operation).map(({ alias, name }) => (alias ?? name).value));
  return names.size > 1 ? ['`patient` is asked for once an operation'] : [];
};

/** Twice all that a section has, the largest one included. */
const mostSectionFields = 150;

/**
 * How many fields may be asked of one section, under all of its names together: each is one more value of every entry, so that
 * asking for the same entries again and again would make an answer of any size from a record of any size.
 */
export const sectionFields: GuardRule = (operation) => {
  const counts = new Map<string, number>();
  for (const patient of patients(operation)) {
    for (const section of fieldsIn(operation, patient.selectionSet)) {
      const name = section.name.value;
      counts.set(name, (counts.get(name) ?? 0) + countFields(operation, section.selectionSet));
    }
  }
  const isOver = [...counts.values()].some((count) => count > mostSectionFields);
  return isOver ? [`a part of the record is asked for more than ${mostSectionFields} fields`] : [];
};

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

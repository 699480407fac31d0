import { checkDigit } from '../population/nhs-number.ts';
import type { Person } from '../population/person.ts';
import { type Outcome, outcomes } from './outcome.ts';

/** A number that was once given out and has been invalidated, with no other in its place. */
export const invalidatedNhsNumber = '9990000018';

/** Who answers to each number: a superseded one is answered with the record that took its place. */
export function registerOf(people: readonly Person[]): ReadonlyMap<string, Person> {
  return new Map(
    people.flatMap((person) =>
      [person.nhsNumber, ...person.supersededNumbers].map((number) => [number, person] as const),
    ),
  );
}

/** Finds the person of a number, or says why there is none. */
export function lookUp(register: ReadonlyMap<string, Person>, nhsNumber: string): Person | Outcome {
  if (!isNhsNumber(nhsNumber)) return outcomes.invalidNumber;
  if (nhsNumber === invalidatedNhsNumber) return outcomes.invalidated;
  return register.get(nhsNumber) ?? outcomes.unknown;
}

/** Ten digits with a valid check digit. */
export function isNhsNumber(text: string): boolean {
  return /^\d{10}$/.test(text) && checkDigit(text.slice(0, 9)) === Number(text[9]);
}

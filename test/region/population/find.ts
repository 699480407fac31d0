import { people } from './people.ts';
import type { Person } from './person.ts';

/** Nobody in the population is in that situation. */
export class NoSuchSituation extends Error {
  readonly code = 'NO_SUCH_SITUATION';
}

/** The first person in a situation. */
export function personIn(situation: string): Person {
  const person = people.find((one) => one.situation === situation);
  if (person === undefined) throw new NoSuchSituation(`nobody is in situation \`${situation}\``);
  return person;
}

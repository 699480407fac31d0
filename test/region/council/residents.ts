import { people } from '../population/people.ts';
import type { Person } from '../population/person.ts';
import { between, dayAfter, mark, pick, seeded } from '../population/seed.ts';

const odsCode = '999';
const teams = [
  'Adult Care and Support',
  'Hospital Discharge',
  'Occupational Therapy',
  'Safeguarding Adults',
] as const;
const workers = ['Orla Tansy', 'Piers Lovage', 'Ruth Sorrel', 'Tomasz Yarrow'] as const;
const forms = [
  'Care and support plan',
  'Home visit record',
  'Occupational therapy assessment',
  'Carer conversation',
  'Equipment review',
] as const;

/** A resident as the case system keeps them. */
export interface Resident {
  readonly mosaicId: string;
  readonly person: Person;
  readonly allocations: readonly Allocation[];
  readonly cases: readonly CaseRecord[];
}

/** A worker's responsibility for a resident, over or not. */
export interface Allocation {
  readonly id: number;
  readonly worker: string;
  readonly team: string;
  readonly start: string;
  readonly end: string | null;
}

/** One form filled in about a resident. */
export interface CaseRecord {
  readonly recordId: string;
  readonly formName: string;
  readonly workerEmail: string;
  readonly date: string;
}

/** Everybody whom the council knows, in the order of the population. */
export const residents: readonly Resident[] = people
  .filter((person) => person.heldBy.includes(odsCode))
  .map((person, index) => ({
    mosaicId: String(1001 + index),
    person,
    allocations: allocationsOf(person, 1001 + index),
    cases: casesOf(person),
  }));

function allocationsOf(person: Person, mosaicId: number): Allocation[] {
  const next = seeded(`council/allocations/${person.nhsNumber}`);
  return Array.from({ length: between(next, 1, 3) }, (_, index) => {
    const start = dayAfter('2021-02-01', between(next, 0, 1500));
    // The first is still open, so that everybody has a worker now.
    const end = index === 0 ? null : dayAfter(start, between(next, 20, 300));
    return { id: mosaicId * 10 + index, worker: pick(next, workers), team: pick(next, teams), start, end };
  });
}

/** Newest first, as the case system lists them. */
function casesOf(person: Person): CaseRecord[] {
  const next = seeded(`council/cases/${person.nhsNumber}`);
  const count = person.situation === 'large' ? 45 : between(next, 2, 5);
  return Array.from({ length: count }, (_, index) => ({
    recordId: `${person.nhsNumber.slice(3)}c${index}`,
    formName: `${pick(next, forms)} (${mark(next)})`,
    workerEmail: `${pick(next, workers).toLowerCase().replace(' ', '.')}@northshire.example`,
    date: dayAfter('2026-01-20', -20 * index - between(next, 0, 19)),
  }));
}

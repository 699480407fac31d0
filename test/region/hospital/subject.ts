import { personIn } from '../population/find.ts';
import { people } from '../population/people.ts';
import type { Person } from '../population/person.ts';
import { stableId } from '../population/stable-id.ts';
import type { Hospital } from './hospital.ts';

const numberSystem = 'https://fhir.nhs.uk/Id/nhs-number';

/** The person whom a request concerns: by NHS number, by patient id in a search, or by reading the patient. */
export function personConcerned(hospital: Hospital, url: URL): Person | null {
  const words = [...url.searchParams.values(), url.pathname].flatMap((value) => value.split(/[|/,]/));
  return (
    people.find(
      ({ nhsNumber, supersededNumbers }) =>
        words.includes(stableId(hospital.odsCode, nhsNumber, 'Patient', 'self')) ||
        [nhsNumber, ...supersededNumbers].some((number) => words.includes(number)),
    ) ?? null
  );
}

/** The same request about somebody else: how a lying system answers. */
export function aboutAnother(url: URL): URL {
  const changed = new URL(url);
  changed.searchParams.set('identifier', `${numberSystem}|${personIn('complete').nhsNumber}`);
  return changed;
}

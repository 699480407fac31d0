import type { TracedPatient } from '../../../../../consent-policy/access-context.ts';
import { type ClaimedPerson, crossCheck } from '../../cross-check.ts';
import type { Warning } from '../../warnings.ts';
import { list, nhsNumbers, object, type Resource } from './json.ts';
import type { StructuredRecord } from './record.ts';

/** The warnings of the cross-check (GP Connect: "SHALL"); null unless there is a Patient and every one is the one traced. */
export function checkPatient(record: StructuredRecord, traced: TracedPatient): readonly Warning[] | null {
  const checks = (record.byType.get('Patient') ?? []).map((patient) => checkNumbers(patient, traced));
  if (!record.hasPatient || checks.some(({ samePerson }) => !samePerson)) return null;
  return [...new Set(checks.flatMap(({ warnings }) => warnings))];
}

/** Every number must be this person's; where the current one is among them, a former one needs no warning. */
function checkNumbers(patient: Resource, traced: TracedPatient): ReturnType<typeof crossCheck> {
  const numbers = new Set(nhsNumbers(patient.identifier));
  const check = (nhsNumber: string | null) => crossCheck(traced, claimedPerson(patient, nhsNumber));
  for (const number of numbers) {
    const checked = check(number);
    if (!checked.samePerson) return checked;
  }
  const [first] = numbers;
  return check(numbers.has(traced.nhsNumber) ? traced.nhsNumber : (first ?? null));
}

function claimedPerson(patient: Resource, nhsNumber: string | null): ClaimedPerson {
  const names = list(patient.name).map(object);
  const { family } = names.find(({ use }) => use === 'official') ?? names[0] ?? {};
  return {
    nhsNumber,
    birthDate: word(patient.birthDate),
    familyName: word(family),
  };
}

function word(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

import type { TracedPatient } from '../../../../../consent-policy/access-context.ts';
import { type ClaimedPerson, crossCheck } from '../../cross-check.ts';
import type { Warning } from '../../warnings.ts';
import { list, object, type Resource, type StructuredRecord } from './record.ts';

/** The warnings of the cross-check (GP Connect: "SHALL"); null unless every Patient in the record is the one traced. */
export function checkPatient(record: StructuredRecord, traced: TracedPatient): readonly Warning[] | null {
  const checks = (record.byType.get('Patient') ?? []).map((patient) =>
    crossCheck(traced, claimedPerson(patient)),
  );
  if (checks.length === 0 || checks.some(({ samePerson }) => !samePerson)) return null;
  return [...new Set(checks.flatMap(({ warnings }) => warnings))];
}

function claimedPerson(patient: Resource): ClaimedPerson {
  const number = list(patient.identifier)
    .map(object)
    .find(({ system }) => typeof system === 'string' && /\/Id\/nhs-number$/i.test(system));
  const names = list(patient.name).map(object);
  const { family } = names.find(({ use }) => use === 'official') ?? names[0] ?? {};
  return {
    nhsNumber: word(number?.value),
    birthDate: word(patient.birthDate),
    familyName: word(family),
  };
}

function word(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

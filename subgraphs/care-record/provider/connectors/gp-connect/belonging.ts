import type { Identities } from './identities.ts';
import { type Json, list, nhsNumbers, object, type Resource } from './json.ts';

/** Whose a resource is; `doubtful` is a List that carries another NHS number. */
export type Belonging = 'patient' | 'doubtful' | 'other';

/** Types that name no subject in GP Connect, or need not. Any other that names nobody could be anybody's. */
const withoutSubject = new Set([
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Location',
  'HealthcareService',
  'Medication',
  'List',
  'OperationOutcome',
]);

/**
 * Tells whose a resource is. All that it names as its subject or patient must be a Patient of the Bundle (each of which is
 * checked against the one traced) or carry the NHS number of one. Published Lists point to their Patient but carry another
 * number: they are not dropped, but nobody believes them that all is there.
 */
export function belonging(sent: readonly Json[], identities: Identities) {
  const patients = sent.filter(({ resource }) => isPatient(object(resource)));
  const keys = new Set(patients.flatMap(({ resource, fullUrl }) => [idKey(object(resource)), fullUrl]));
  const numbers = new Set(patients.flatMap(({ resource }) => nhsNumbers(object(resource).identifier)));
  const isKnown = (reference: unknown, holder: Resource) => {
    const key = subjectKey(reference);
    if (key === null) return false;
    return key.startsWith('#') ? isPatient(identities.contained(holder, key.slice(1))) : keys.has(key);
  };
  const isNamed = (one: unknown, holder: Resource) => {
    const reference = typeof one === 'string' ? one : (object(one).reference ?? null);
    if (reference === null) return nhsNumbers(object(one).identifier).length > 0;
    return isKnown(reference, holder);
  };
  return (resource: Resource, container: Resource | null): Belonging => {
    if (isPatient(resource)) return 'patient';
    const named = [...list(resource.subject), ...list(resource.patient)];
    if (named.length === 0) return withoutSubject.has(resource.resourceType) ? 'patient' : 'other';
    if (!named.every((one) => isNamed(one, container ?? resource))) return 'other';
    const carried = named.flatMap((one) => nhsNumbers(object(one).identifier));
    if (carried.every((number) => number !== null && numbers.has(number))) return 'patient';
    return resource.resourceType === 'List' ? 'doubtful' : 'other';
  };
}

/**
 * The reference without its version. Its base address stays, so that an absolute one counts only as the `fullUrl` of a Patient:
 * the same id on another server is another person.
 */
function subjectKey(reference: unknown): string | null {
  return typeof reference === 'string' ? reference.replace(/\/_history\/[^/]*$/, '') : null;
}

function isPatient(value: Json | null): boolean {
  return value?.resourceType === 'Patient';
}

function idKey({ id }: Json): string | null {
  return typeof id === 'string' ? `Patient/${id}` : null;
}

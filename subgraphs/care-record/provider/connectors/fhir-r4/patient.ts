import { isDeepStrictEqual } from 'node:util';
import type { TracedPatient } from '../../../../../consent-policy/access-context.ts';
import type { ClaimedPerson } from '../../cross-check.ts';
import type { Match } from './bundle.ts';
import { type Element, elements, isElement, localKey, type Resource } from './resource.ts';

/** `https://fhir.nhs.uk/Id/nhs-number`, as searched for. */
export const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';

/** The old address still appears, with http and https. */
const nhsNumberSystems = /^https?:\/\/fhir\.nhs\.(uk|net)\/Id\/nhs-number$/;

/** The one patient whose record is read at a server. */
export interface Subject {
  readonly id: string;
  /** Where the server keeps its resources, by its own words, with a slash at the end; null where it does not say. */
  readonly base: string | null;
  /** All numbers of the person, current and former. */
  readonly nhsNumbers: readonly string[];
}

/** The active patients among those found, the first of them once; two of one id that differ are two. */
export function activePatients(found: readonly Match[]): readonly Match[] {
  const [first, ...others] = found.filter(({ resource }) => resource.active !== false);
  if (first === undefined) return [];
  return [first, ...others.filter(({ resource }) => !isDeepStrictEqual(resource, first.resource))];
}

/** The patient found, as the subject of everything that is read from here on. */
export function subjectOf({ resource: { id }, fullUrl }: Match, traced: TracedPatient): Subject {
  const ending = `Patient/${id}`;
  const base = fullUrl?.endsWith(`/${ending}`) ? fullUrl.slice(0, -ending.length) : null;
  return { id, base, nhsNumbers: [traced.nhsNumber, ...traced.formerNhsNumbers] };
}

/**
 * What a Patient resource says of the person, for the cross-check: of several numbers the one that is not this person's, or
 * else the traced one before a former one.
 */
export function claimedPerson(patient: Resource, traced: TracedPatient): ClaimedPerson {
  const numbers = elements(patient.identifier).flatMap(nhsNumberOf);
  const known = [traced.nhsNumber, ...traced.formerNhsNumbers];
  const strange = numbers.find((number) => !known.includes(number));
  return {
    nhsNumber: strange ?? known.find((number) => numbers.includes(number)) ?? null,
    birthDate: typeof patient.birthDate === 'string' ? patient.birthDate : null,
    familyName: familyNameOf(patient),
  };
}

/** Whether a clinical resource is about the subject: every way in which it names its patient must say so. */
export function isAbout(resource: Element, subject: Subject): boolean {
  const said = [resource.subject, resource.patient].filter((reference) => reference !== undefined);
  return said.length > 0 && said.every((reference) => isTo(reference, subject));
}

function isTo(reference: unknown, subject: Subject): boolean {
  if (!isElement(reference)) return false;
  const numbers = isElement(reference.identifier) ? nhsNumberOf(reference.identifier) : [];
  if (numbers.some((number) => !subject.nhsNumbers.includes(number))) return false;
  if (reference.reference === undefined) return numbers.length > 0;
  return localKey(reference.reference, subject.base) === `Patient/${subject.id}`;
}

/** Whether an included resource says that it is about somebody else; most, such as a Medication, are about nobody. */
export function isAboutAnother(resource: Element, subject: Subject): boolean {
  return namesAnother(resource, subject) || containsAnother(resource, subject);
}

/** Whether something within a resource says that it is about somebody else. */
export function containsAnother({ contained }: Element, subject: Subject): boolean {
  return elements(contained).some((part) => namesAnother(part, subject));
}

function namesAnother(resource: Element, subject: Subject): boolean {
  const named = resource.subject !== undefined || resource.patient !== undefined;
  return named && !isAbout(resource, subject);
}

function nhsNumberOf({ system, value }: Element): readonly string[] {
  const isNumber = typeof system === 'string' && nhsNumberSystems.test(system);
  const isGiven = typeof value === 'string' || typeof value === 'number';
  return isNumber && isGiven ? [String(value).replaceAll(' ', '')] : [];
}

function familyNameOf({ name }: Resource): string | null {
  const names = elements(name);
  const shown =
    names.find(({ use }) => use === 'official') ?? names.find(({ use }) => use === 'usual') ?? names[0];
  return typeof shown?.family === 'string' ? shown.family : null;
}

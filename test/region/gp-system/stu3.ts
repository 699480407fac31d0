import type { Code } from '../population/codes.ts';
import type { History } from '../population/history.ts';
import type { Person } from '../population/person.ts';
import { stableId } from '../population/stable-id.ts';

/** A FHIR STU3 resource. */
export interface Resource {
  readonly resourceType: string;
  readonly id?: string;
  readonly [element: string]: unknown;
}

/** A practice that this system runs. */
export interface Practice {
  readonly odsCode: string;
  readonly name: string;
  readonly doctor: { readonly family: string; readonly given: string };
}

/** All that is needed to write one person's record. */
export interface PatientRecord {
  readonly practice: Practice;
  readonly person: Person;
  readonly history: History;
}

/** A resource with the id and profile that it has at the practice; `name` is unique among the person's resources. */
export function made(
  { practice, person }: PatientRecord,
  resourceType: string,
  name: string,
  elements: Readonly<Record<string, unknown>>,
  profile = resourceType,
): Resource {
  const id = stableId(practice.odsCode, person.nhsNumber, resourceType, name);
  return {
    resourceType,
    id,
    meta: { profile: [`https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-${profile}-1`] },
    ...(resourceType !== 'List' && {
      identifier: [{ system: `https://records.${practice.odsCode.toLowerCase()}.example/id`, value: id }],
    }),
    ...elements,
  };
}

/** A reference to a resource of the same answer. */
export function referTo({ resourceType, id }: Resource): { readonly reference: string } {
  return { reference: `${resourceType}/${id}` };
}

/** A reference to the patient. */
export function patientReference({ practice, person }: PatientRecord): { readonly reference: string } {
  return { reference: `Patient/${stableId(practice.odsCode, person.nhsNumber, 'Patient', 'self')}` };
}

/** A reference to the practice's one doctor. */
export function doctorReference({ practice }: PatientRecord): { readonly reference: string } {
  return { reference: `Practitioner/${stableId(practice.odsCode, 'Practitioner')}` };
}

/** A CodeableConcept in SNOMED CT, where `text` is what was written. */
export function concept({ code, display }: Code, text?: string): object {
  return {
    coding: [{ system: 'http://snomed.info/sct', code, display, userSelected: true }],
    ...(text !== undefined && { text }),
  };
}

/** The morning of a date: clinical systems send a time and a zone. */
export function at(date: string): string {
  return `${date}T09:20:00+00:00`;
}

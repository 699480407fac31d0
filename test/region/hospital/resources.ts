import type { Code } from '../population/codes.ts';
import { noKnownAllergy } from '../population/codes.ts';
import type { Allergy, Document, History, Medicine, Problem } from '../population/history.ts';
import type { Person } from '../population/person.ts';
import { stableId } from '../population/stable-id.ts';
import type { Hospital, Identity } from './hospital.ts';

/** A FHIR R4 resource. */
export interface Resource {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

/** All that is needed to write one person's record. */
export interface HospitalRecord {
  readonly hospital: Hospital;
  readonly person: Person;
  readonly identity: Identity;
  readonly history: History;
}

/** A resource with its stable id and UK Core profile; `name` is unique among the person's resources of the type. */
export function made(
  { hospital, person }: HospitalRecord,
  resourceType: string,
  name: string,
  elements: Readonly<Record<string, unknown>>,
  label: { readonly system: string; readonly code: string } | null = null,
): Resource {
  return {
    resourceType,
    id: stableId(hospital.odsCode, person.nhsNumber, resourceType, name),
    meta: {
      versionId: '1',
      lastUpdated: '2026-04-15T08:00:00.000Z',
      profile: [`https://fhir.hl7.org.uk/StructureDefinition/UKCore-${resourceType}`],
      ...(label && { security: [label] }),
    },
    ...elements,
  };
}

/** A reference to a resource. */
export function referTo({ resourceType, id }: Resource): { readonly reference: string } {
  return { reference: `${resourceType}/${id}` };
}

/** A reference to the patient. */
export function patientReference({ hospital, person }: HospitalRecord): { readonly reference: string } {
  return { reference: `Patient/${stableId(hospital.odsCode, person.nhsNumber, 'Patient', 'self')}` };
}

/** A reference to one of the hospital's own resources: its Organization, Practitioner or Location. */
export function ownReference(hospital: Hospital, resourceType: string): { readonly reference: string } {
  return { reference: `${resourceType}/${stableId(hospital.odsCode, resourceType)}` };
}

/** A CodeableConcept in SNOMED CT, where `text` is what was written. */
export function concept({ code, display }: Code, text?: string): object {
  return {
    coding: [{ system: 'http://snomed.info/sct', code, display }],
    ...(text !== undefined && { text }),
  };
}

/** A CodeableConcept of HL7's own terminology. */
export function hl7(system: string, code: string): object {
  return { coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }] };
}

/** The morning of a date, in UTC. */
export function at(date: string, time = '10:15:00'): string {
  return `${date}T${time}+00:00`;
}

/** A confidentiality label as `meta.security` carries it. */
export function confidentiality(label: string | null): { system: string; code: string } | null {
  const system = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
  return label === null ? null : { system, code: label };
}

/** The patient, as this hospital knows them. */
export function patient(record: HospitalRecord): Resource {
  const { person, identity, hospital } = record;
  return made(record, 'Patient', 'self', {
    identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: identity.nhsNumber }],
    active: true,
    name: [{ use: 'official', family: identity.familyName, given: person.givenNames }],
    telecom: [{ system: 'phone', value: person.telephone, use: 'home' }],
    gender: person.gender,
    birthDate: identity.birthDate,
    ...(person.death && { deceasedDateTime: person.death.date }),
    address: [
      {
        use: 'home',
        line: person.address.lines,
        city: person.address.city,
        postalCode: person.address.postcode,
      },
    ],
    managingOrganization: ownReference(hospital, 'Organization'),
  });
}

/** A diagnosis. */
export function condition(record: HospitalRecord, problem: Problem): Resource {
  const { id, date, end, code, text, label } = problem;
  return made(
    record,
    'Condition',
    id,
    {
      clinicalStatus: hl7('condition-clinical', end === null ? 'active' : 'resolved'),
      verificationStatus: hl7('condition-ver-status', 'confirmed'),
      category: [hl7('condition-category', 'encounter-diagnosis')],
      code: concept(code, text),
      subject: patientReference(record),
      onsetDateTime: date,
      ...(end !== null && { abatementDateTime: end }),
      recordedDate: at(date),
      recorder: ownReference(record.hospital, 'Practitioner'),
    },
    confidentiality(label),
  );
}

/** A medicine: every second one was prescribed here, the others are what the patient said they take. */
export function medication(record: HospitalRecord, medicine: Medicine, index: number): Resource {
  return index % 2 === 0 ? medicationRequest(record, medicine) : medicationStatement(record, medicine);
}

function medicationRequest(record: HospitalRecord, { id, date, end, code, text }: Medicine): Resource {
  return made(record, 'MedicationRequest', id, {
    status: end === null ? 'active' : 'completed',
    intent: 'order',
    medicationCodeableConcept: concept(code),
    subject: patientReference(record),
    authoredOn: at(date),
    requester: ownReference(record.hospital, 'Practitioner'),
    dosageInstruction: [{ text, route: concept({ code: '26643006', display: 'Oral' }) }],
    dispenseRequest: { validityPeriod: { start: date, ...(end !== null && { end }) } },
  });
}

function medicationStatement(record: HospitalRecord, { id, date, end, code, text }: Medicine): Resource {
  return made(record, 'MedicationStatement', id, {
    status: end === null ? 'active' : 'completed',
    medicationCodeableConcept: concept(code),
    subject: patientReference(record),
    effectivePeriod: { start: date, ...(end !== null && { end }) },
    dateAsserted: at(date),
    informationSource: patientReference(record),
    dosage: [{ text }],
  });
}

/** An allergy. */
export function allergyIntolerance(record: HospitalRecord, allergy: Allergy): Resource {
  const { id, date, code, text, reaction } = allergy;
  return made(record, 'AllergyIntolerance', id, {
    clinicalStatus: hl7('allergyintolerance-clinical', 'active'),
    verificationStatus: hl7('allergyintolerance-verification', 'confirmed'),
    ...(code !== noKnownAllergy && { category: ['medication'], criticality: 'high' }),
    code: concept(code, text),
    patient: patientReference(record),
    onsetDateTime: date,
    recordedDate: at(date),
    recorder: ownReference(record.hospital, 'Practitioner'),
    ...(reaction !== null && { reaction: [{ manifestation: [concept(reaction)] }] }),
  });
}

/** The pointer to a document. */
export function documentReference(record: HospitalRecord, document: Document, encounter: Resource): Resource {
  const { id, date, code, text, bytes, label } = document;
  return made(
    record,
    'DocumentReference',
    id,
    {
      status: 'current',
      type: concept(code),
      subject: patientReference(record),
      date: at(date),
      author: [ownReference(record.hospital, 'Practitioner')],
      custodian: ownReference(record.hospital, 'Organization'),
      description: text,
      content: [
        { attachment: { contentType: 'application/pdf', title: text, size: bytes, creation: at(date) } },
      ],
      context: { encounter: [referTo(encounter)] },
    },
    confidentiality(label),
  );
}

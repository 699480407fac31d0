import { stableId } from '../population/stable-id.ts';
import { doctorReference, type PatientRecord, patientReference, type Resource } from './stu3.ts';

/** The Patient, Organization, Practitioner and PractitionerRole that every answer holds. */
export function administration(record: PatientRecord): Resource[] {
  return [patient(record), organization(record), practitioner(record), practitionerRole(record)];
}

function meta(profile: string): object {
  return {
    versionId: '1',
    profile: [`https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-${profile}-1`],
  };
}

function patient(record: PatientRecord): Resource {
  const { person } = record;
  return {
    resourceType: 'Patient',
    id: idIn(patientReference(record)),
    meta: meta('Patient'),
    identifier: [
      {
        extension: [verifiedNumber],
        system: 'https://fhir.nhs.uk/Id/nhs-number',
        value: person.nhsNumber,
      },
    ],
    active: true,
    name: [{ use: 'official', family: person.familyName, given: person.givenNames }],
    telecom: [{ system: 'phone', value: person.telephone, use: 'home' }],
    gender: person.gender,
    birthDate: person.birthDate,
    address: [
      {
        use: 'home',
        type: 'physical',
        line: person.address.lines,
        city: person.address.city,
        postalCode: person.address.postcode,
      },
    ],
    generalPractitioner: [doctorReference(record)],
    managingOrganization: organizationReference(record),
  };
}

const verifiedNumber = {
  url: 'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-NHSNumberVerificationStatus-1',
  valueCodeableConcept: {
    coding: [
      {
        system: 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-NHSNumberVerificationStatus-1',
        code: '01',
        display: 'Number present and verified',
      },
    ],
  },
};

/** A reference to the practice. */
export function organizationReference({ practice }: PatientRecord): { readonly reference: string } {
  return { reference: `Organization/${stableId(practice.odsCode, 'Organization')}` };
}

function organization(record: PatientRecord): Resource {
  return {
    resourceType: 'Organization',
    id: idIn(organizationReference(record)),
    meta: meta('Organization'),
    identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: record.practice.odsCode }],
    name: record.practice.name,
    telecom: [{ system: 'phone', value: '01632 960999', use: 'work' }],
  };
}

function practitioner(record: PatientRecord): Resource {
  const { family, given } = record.practice.doctor;
  return {
    resourceType: 'Practitioner',
    id: idIn(doctorReference(record)),
    meta: meta('Practitioner'),
    name: [{ use: 'official', family, given: [given], prefix: ['Dr'] }],
  };
}

function practitionerRole(record: PatientRecord): Resource {
  const system = 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-SDSJobRoleName-1';
  return {
    resourceType: 'PractitionerRole',
    id: stableId(record.practice.odsCode, 'PractitionerRole'),
    meta: meta('PractitionerRole'),
    practitioner: doctorReference(record),
    organization: organizationReference(record),
    code: [{ coding: [{ system, code: 'R0260', display: 'General Medical Practitioner' }] }],
  };
}

function idIn({ reference }: { readonly reference: string }): string {
  return reference.slice(reference.indexOf('/') + 1);
}

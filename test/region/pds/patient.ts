import type { Person } from '../population/person.ts';

const ukCore = 'https://fhir.hl7.org.uk';
const since = { start: '2001-01-01' };

const deathNotifications = {
  1: 'Informal - death notice received via an update from a local NHS Organisation such as GP or Trust',
  2: 'Formal - death notice received from Registrar of Deaths',
} as const;

/** A person as PDS answers with them (R4 Patient, shaped as its published examples). */
export function pdsPatient(person: Person) {
  return {
    resourceType: 'Patient',
    id: person.nhsNumber,
    identifier: [verifiedNhsNumber(person.nhsNumber)],
    meta: { versionId: '2', security: [confidentiality(person.restricted)] },
    name: [
      {
        id: stableId(person, 'N'),
        use: 'usual',
        period: since,
        given: person.givenNames,
        family: person.familyName,
      },
    ],
    gender: person.gender,
    birthDate: person.birthDate,
    ...death(person.death),
    // PDS removes what says where a restricted person can be found; nothing tells it from what is not known.
    ...(person.restricted ? {} : location(person)),
  };
}

function verifiedNhsNumber(nhsNumber: string) {
  return {
    system: 'https://fhir.nhs.uk/Id/nhs-number',
    value: nhsNumber,
    extension: [
      {
        url: `${ukCore}/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus`,
        valueCodeableConcept: {
          coding: [coding('NHSNumberVerificationStatus', '01', 'Number present and verified')],
        },
      },
    ],
  };
}

/** On PDS's scale U is an ordinary patient (schemas/Meta.yaml), other than on HL7's. */
function confidentiality(restricted: boolean) {
  const system = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
  return restricted
    ? { system, code: 'R', display: 'restricted' }
    : { system, code: 'U', display: 'unrestricted' };
}

function death(notified: Person['death']) {
  if (notified === null) return {};
  const date = `${notified.date}T00:00:00+00:00`;
  const status = coding(
    'DeathNotificationStatus',
    String(notified.status),
    deathNotifications[notified.status],
  );
  return {
    deceasedDateTime: date,
    extension: [
      {
        url: `${ukCore}/StructureDefinition/Extension-UKCore-DeathNotificationStatus`,
        extension: [
          { url: 'deathNotificationStatus', valueCodeableConcept: { coding: [status] } },
          { url: 'systemEffectiveDate', valueDateTime: date },
        ],
      },
    ],
  };
}

function location(person: Person) {
  const { address, telephone, registeredPractice } = person;
  return {
    generalPractitioner: [
      {
        id: stableId(person, 'G'),
        type: 'Organization',
        identifier: {
          system: 'https://fhir.nhs.uk/Id/ods-organization-code',
          value: registeredPractice,
          period: since,
        },
      },
    ],
    telecom: [{ id: stableId(person, 'T'), period: since, system: 'phone', value: telephone, use: 'home' }],
    address: [
      {
        id: stableId(person, 'A'),
        period: since,
        use: 'home',
        line: [...address.lines, address.city],
        postalCode: address.postcode,
      },
    ],
  };
}

function coding(codeSystem: string, code: string, display: string) {
  return { system: `${ukCore}/CodeSystem/UKCore-${codeSystem}`, version: '1.0.0', code, display };
}

function stableId(person: Person, prefix: string): string {
  return `${prefix}${person.nhsNumber.slice(3)}`;
}

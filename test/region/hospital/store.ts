import { MemoryRepository } from '@medplum/fhir-router';
import { history } from '../population/history.ts';
import { people } from '../population/people.ts';
import type { Person } from '../population/person.ts';
import { encounter, laboratory, pulse } from './activity.ts';
import type { Hospital } from './hospital.ts';
import {
  allergyIntolerance,
  condition,
  documentReference,
  type HospitalRecord,
  medication,
  ownReference,
  patient,
  type Resource,
} from './resources.ts';

type Stored = Parameters<MemoryRepository['createResource']>[0];

/** Everything that the hospital holds, in memory. */
export async function filledRepository(hospital: Hospital): Promise<MemoryRepository> {
  const repository = new MemoryRepository();
  const held = people.filter(({ heldBy }) => heldBy.includes(hospital.odsCode));
  const resources = [
    ...ownResources(hospital),
    ...held.flatMap((person) => personResources(hospital, person)),
  ];
  for (const resource of resources) {
    if (!hospital.resourceTypes.includes(resource.resourceType)) continue;
    // The library's type is a closed union; these are written to the same shapes in words of our own.
    await repository.createResource(resource as unknown as Stored);
  }
  return repository;
}

function personResources(hospital: Hospital, person: Person): Resource[] {
  const identity = hospital.identity(person);
  if (identity === null) return [];
  const record = { hospital, person, identity, history: history(person, hospital.odsCode) };
  return [patient(record), ...clinicalResources(record), pulse(record)];
}

function clinicalResources(record: HospitalRecord): Resource[] {
  const { problems, medicines, allergies, reports, contacts, documents } = record.history;
  const encounters = new Map(contacts.map((contact) => [contact.id, encounter(record, contact)]));
  return [
    ...problems.map((problem) => condition(record, problem)),
    ...medicines.map((medicine, index) => medication(record, medicine, index)),
    ...allergies.map((allergy) => allergyIntolerance(record, allergy)),
    ...reports.flatMap((report) => laboratory(record, report)),
    ...encounters.values(),
    ...documents.flatMap((document) => {
      const made = encounters.get(document.contactId);
      return made ? [documentReference(record, document, made)] : [];
    }),
  ];
}

function ownResources(hospital: Hospital): Resource[] {
  const own = (resourceType: string, elements: object): Resource => ({
    resourceType,
    id: ownReference(hospital, resourceType).reference.slice(resourceType.length + 1),
    ...elements,
  });
  const ods = 'https://fhir.nhs.uk/Id/ods-organization-code';
  return [
    own('Organization', { identifier: [{ system: ods, value: hospital.odsCode }], name: hospital.name }),
    own('Practitioner', { name: [{ family: 'Hollinshead', given: ['Ottilie'], prefix: ['Dr'] }] }),
    own('Location', {
      name: `${hospital.name}, Ward 7`,
      managingOrganization: ownReference(hospital, 'Organization'),
    }),
  ];
}

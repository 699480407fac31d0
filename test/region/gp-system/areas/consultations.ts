import { consultationNames } from '../../population/codes.ts';
import type { Contact } from '../../population/history.ts';
import { organizationReference } from '../administration.ts';
import {
  at,
  concept,
  doctorReference,
  made,
  type PatientRecord,
  patientReference,
  type Resource,
  referTo,
} from '../stu3.ts';
import { type Area, type Listed, listed, snomed } from './area.ts';
import { documentReference } from './documents.ts';

/** Consultations: each an Encounter with a tree of lists (consultation, topic, heading) down to what was recorded. */
export const consultations: Area = {
  parameter: 'includeConsultations',
  parts: [],
  content(record) {
    const held = record.history.contacts.map((contact) => consultation(record, contact));
    return {
      lists: [
        listed(
          '1149501000000101',
          'List of consultations',
          held.map(({ encounter }) => encounter),
        ),
        ...secondary(
          'uncategorised-data',
          held.flatMap(({ comments }) => comments),
        ),
        ...secondary(
          'documents',
          held.flatMap(({ documents }) => documents),
        ),
      ],
      others: held.flatMap(({ tree }) => tree),
    };
  },
};

interface Consultation {
  readonly encounter: Resource;
  readonly comments: readonly Resource[];
  readonly documents: readonly Resource[];
  readonly tree: readonly Resource[];
}

function consultation(record: PatientRecord, contact: Contact): Consultation {
  const encounter = encounterOf(record, contact);
  const comments = [commentNote(record, contact, encounter)];
  const documents = record.history.documents
    .filter(({ contactId }) => contactId === contact.id)
    .map((document) => documentReference(record, document));
  return {
    encounter,
    comments,
    documents,
    tree: listTree(record, contact, encounter, [...comments, ...documents]),
  };
}

function encounterOf(record: PatientRecord, contact: Contact): Resource {
  const primaryPerformer = {
    system: 'http://hl7.org/fhir/v3/ParticipationType',
    code: 'PPRF',
    display: 'primary performer',
  };
  return made(record, 'Encounter', contact.id, {
    status: 'finished',
    type: [{ text: consultationName(contact) }],
    subject: patientReference(record),
    participant: [{ type: [{ coding: [primaryPerformer] }], individual: doctorReference(record) }],
    period: { start: at(contact.date), end: `${contact.date}T09:35:00+00:00` },
    serviceProvider: organizationReference(record),
  });
}

function consultationName({ kind }: Contact): string {
  return consultationNames[kind % consultationNames.length] ?? consultationNames[0];
}

function commentNote(record: PatientRecord, { id, date, text }: Contact, encounter: Resource): Resource {
  return made(record, 'Observation', `${id}-comment`, {
    status: 'final',
    code: concept({ code: '37331000000100', display: 'Comment note' }),
    subject: patientReference(record),
    context: referTo(encounter),
    effectiveDateTime: at(date),
    issued: at(date),
    performer: [doctorReference(record)],
    comment: text,
  });
}

function listTree(
  record: PatientRecord,
  contact: Contact,
  encounter: Resource,
  leaves: readonly Resource[],
): Resource[] {
  const node = (level: string, title: string | null, coding: object, items: readonly Resource[]) =>
    made(record, 'List', `${contact.id}-${level}`, {
      status: 'current',
      mode: 'snapshot',
      ...(title !== null && { title }),
      code: { coding: [coding] },
      subject: patientReference(record),
      encounter: referTo(encounter),
      date: at(contact.date),
      orderedBy: { coding: [{ system: 'http://hl7.org/fhir/list-order', code: 'system' }] },
      entry: items.map((item) => ({ item: referTo(item) })),
    });
  const heading = node('heading', 'Comment', snomed('24781000000107', 'Category (EHR)'), leaves);
  const topic = node('topic', null, snomed('25851000000105', 'Topic (EHR)'), [heading]);
  const name = consultationName(contact);
  return [node('consultation', name, snomed('325851000000107', 'Consultation'), [topic]), topic, heading];
}

/** What consultations contain of another area, listed beside them; no list if there is nothing. */
function secondary(area: string, items: readonly Resource[]): Listed[] {
  if (items.length === 0) return [];
  const title = `Consultations - ${area.replaceAll('-', ' ')} contained in consultations`;
  const coding = {
    system: 'https://fhir.hl7.org.uk/STU3/CodeSystem/GPConnect-SecondaryListValues-1',
    code: `consultations-${area}-contained-in-consultations`,
    display: title,
  };
  return [{ title, coding, items }];
}

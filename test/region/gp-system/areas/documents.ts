import type { Document } from '../../population/history.ts';
import { organizationReference } from '../administration.ts';
import { at, concept, made, type PatientRecord, patientReference, type Resource } from '../stu3.ts';
import type { Area } from './area.ts';

/**
 * The documents of the record. The published operation has no such parameter: there documents come with the
 * consultations that they were made in, as they do here too; this practice also gives them on their own.
 */
export const documents: Area = {
  parameter: 'includeDocuments',
  parts: [],
  content: (record) => ({
    lists: [
      {
        title: 'Documents',
        coding: {
          system: 'https://fhir.hl7.org.uk/STU3/CodeSystem/GPConnect-SecondaryListValues-1',
          code: 'documents',
          display: 'Documents',
        },
        items: record.history.documents.map((document) => documentReference(record, document)),
      },
    ],
    others: [],
  }),
};

/** The pointer to a document: never its content. */
export function documentReference(record: PatientRecord, document: Document): Resource {
  const { id, date, code, text, bytes } = document;
  const encounter = made(record, 'Encounter', document.contactId, {});
  return made(record, 'DocumentReference', id, {
    status: 'current',
    type: concept(code, code.display),
    subject: patientReference(record),
    created: date,
    indexed: at(date),
    custodian: organizationReference(record),
    description: text,
    content: [
      {
        attachment: {
          contentType: 'application/msword',
          url: `https://documents.${record.practice.odsCode.toLowerCase()}.example/Binary/${encounter.id}-${id}`,
          size: bytes,
        },
      },
    ],
    context: { encounter: { reference: `Encounter/${encounter.id}` } },
  });
}

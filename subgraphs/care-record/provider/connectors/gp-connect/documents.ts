import { warnings } from '../../warnings.ts';
import type { ClinicalArea } from './clinical-area.ts';
import { list, object, type Resource } from './json.ts';
import { provenance } from './provenance.ts';
import type { ValueReader } from './value-reader.ts';

const largestInt = 2 ** 31 - 1;

/**
 * A document is a DocumentReference. Some systems take a parameter for all of them; GP Connect 1.6 has none (it answers
 * NOT_IMPLEMENTED, as for any parameter it does not know) and names only those that were filed in a consultation.
 */
export const documents: ClinicalArea = {
  parameter: { name: 'includeDocuments' },
  fallback: { parameter: { name: 'includeConsultations' }, warning: warnings.consultationDocumentsOnly },
  primaryList: 'documents',
  furtherLists: /^(consultations|problems)-documents-/,
  holds: ({ resourceType }) => resourceType === 'DocumentReference',

  find(record) {
    return (record.byType.get('DocumentReference') ?? []).map((root) => ({ root, parts: [] }));
  },

  translate({ root }, _record, read) {
    const { attachment } = object(list(root.content)[0]);
    const { title, contentType, size } = object(attachment);
    const recordedAt = read.date(root.indexed);
    const created = read.date(root.created);
    return {
      order: created ?? recordedAt,
      item: {
        source: provenance(author(root, read), recordedAt),
        type: read.concept(root.type),
        title: read.text(title) ?? read.text(root.description),
        status: status(root, read),
        created,
        contentType: read.text(contentType),
        size: bytes(size, read),
      },
    };
  },
};

/** The pointer's status; a document that was itself entered in error (`docStatus`) is no better than a pointer that was. */
function status(document: Resource, read: ValueReader): string | null {
  return document.docStatus === 'entered-in-error' ? document.docStatus : read.text(document.status);
}

function author(document: Resource, read: ValueReader): string | null {
  const names = list(document.author).map((reference) => read.person(reference));
  return names.find((name) => name !== null) ?? null;
}

function bytes(size: unknown, read: ValueReader): number | null {
  if (size === undefined || size === null) return null;
  return Number.isInteger(size) && Number(size) >= 0 && Number(size) <= largestInt
    ? Number(size)
    : read.malformed();
}

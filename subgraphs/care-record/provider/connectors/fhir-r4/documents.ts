import type { EntryDraft } from '../../connector.ts';
import type { Resource } from './resource.ts';
import { entryOf, type SectionReader } from './section-reader.ts';

/** A DocumentReference as a Document, by its first format. */
export function document(resource: Resource, read: SectionReader): EntryDraft {
  const attachment = read.object(read.object(read.first(resource.content)).attachment);
  const recordedAt = read.date(resource.date);
  const created = read.date(attachment.creation) ?? recordedAt;
  return entryOf(
    resource,
    read,
    { order: created, author: read.name(read.first(resource.author), resource), recordedAt },
    {
      type: read.concept(resource.type),
      title: read.text(attachment.title) ?? read.text(resource.description),
      status: statusOf(resource, read),
      created,
      contentType: read.text(attachment.contentType),
      size: read.integer(attachment.size),
    },
  );
}

/** The pointer's status; a document that was itself entered in error (`docStatus`) is no better than a pointer that was. */
function statusOf({ status, docStatus }: Resource, read: SectionReader): string | null {
  return docStatus === 'entered-in-error' ? docStatus : read.text(status);
}

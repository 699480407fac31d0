import type { EntryDraft } from '../../connector.ts';
import type { Resource } from './resource.ts';
import { entryOf, type SectionReader } from './section-reader.ts';

/** A DocumentReference as a Document, by its first format; null for one entered in error, which no field could say. */
export function document(resource: Resource, read: SectionReader): EntryDraft | null {
  if (resource.status === 'entered-in-error') return read.notCarried(resource);
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
      created,
      contentType: read.text(attachment.contentType),
      size: read.integer(attachment.size),
    },
  );
}

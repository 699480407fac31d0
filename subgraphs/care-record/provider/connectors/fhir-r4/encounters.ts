import type { EntryDraft } from '../../connector.ts';
import type { Resource } from './resource.ts';
import { entryOf, type SectionReader } from './section-reader.ts';

/** An Encounter. */
export function encounter(resource: Resource, read: SectionReader): EntryDraft {
  const period = read.object(resource.period);
  const started = read.date(period.start);
  const attender = read.list(resource.participant).map(({ individual }) => read.name(individual, resource));
  return entryOf(
    resource,
    read,
    { order: started, author: attender.find((name) => name !== null) ?? null, recordedAt: null },
    {
      type: read.concept(read.first(resource.type)),
      class: read.text(read.object(resource.class).code),
      status: read.text(resource.status),
      started,
      ended: read.date(period.end),
      reason: read.reason(resource),
      location: locationOf(resource, read),
      discharge: dischargeOf(resource, read),
    },
  );
}

/** Where the patient is or was last: the active location, or the last in the list. */
function locationOf(resource: Resource, read: SectionReader): string | null {
  const locations = read.list(resource.location);
  const latest = locations.find(({ status }) => status === 'active') ?? locations.at(-1);
  return read.name(latest?.location, resource);
}

function dischargeOf(resource: Resource, read: SectionReader): string | null {
  const { dischargeDisposition, destination } = read.object(resource.hospitalization);
  return read.words(dischargeDisposition) ?? read.name(destination, resource);
}

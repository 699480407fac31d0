import type { EntryDraft } from '../../connector.ts';
import type { Concept } from './element-reader.ts';
import { unlabelled } from './label.ts';
import { observedValue } from './observed-value.ts';
import { type Element, elements, type Resource } from './resource.ts';
import { entryOf, type SectionReader } from './section-reader.ts';

/** `ResultMember` of entries.graphql. */
interface ResultMember {
  readonly code: Concept | null;
  readonly value: string | null;
  readonly unit: string | null;
  readonly range: string | null;
  readonly interpretation: Concept | null;
  readonly note: string | null;
}

/** The Observations that a report or a group of Observations is made of. */
export function resultParts({ resourceType, result, hasMember }: Element): readonly Element[] {
  const references = elements(resourceType === 'DiagnosticReport' ? result : hasMember);
  return references.filter(
    ({ reference }) => typeof reference === 'string' && /(^#|(^|\/)Observation\/)/.test(reference),
  );
}

/** Reports, and the Observations that are no part of anything: one that is reached from a report is not an entry of its own. */
export function results(found: readonly Resource[], read: SectionReader): readonly EntryDraft[] {
  const parts = new Set<Element>();
  for (const resource of found) {
    for (const reference of resultParts(resource)) parts.add(read.part(reference, resource) ?? reference);
  }
  const shown = new Set<Element>();
  const entries = found
    .filter((resource) => !parts.has(resource))
    .map((resource) => result(resource, read, shown));
  // Observations that are members of one another only would otherwise be nobody's.
  for (const resource of found) if (!shown.has(resource)) entries.push(result(resource, read, shown));
  return entries;
}

function result(resource: Resource, read: SectionReader, shown: Set<Element>): EntryDraft {
  const { parts, allRead } = partsOf(resource, read);
  for (const part of [resource, ...parts]) shown.add(part);
  read.oneOf(resource, 'effective');
  const effective =
    read.date(resource.effectiveDateTime) ??
    read.date(resource.effectiveInstant) ??
    read.date(read.object(resource.effectivePeriod).start);
  read.notCarried(resource.effectiveTiming);
  const recordedAt = read.date(resource.issued);
  const author = read.name(read.first(resource.performer), resource);
  return entryOf(
    resource,
    read,
    { order: effective ?? recordedAt, author, recordedAt, parts: allRead ? parts : [...parts, unlabelled] },
    {
      ...(resource.resourceType === 'DiagnosticReport'
        ? conclusionOf(resource, read)
        : member(resource, read)),
      status: read.text(resource.status),
      effective,
      members: [
        ...componentsOf(resource, read),
        ...parts.flatMap((part) => [member(part, read), ...componentsOf(part, read)]),
      ],
    },
  );
}

/** All Observations below a report or group, depth first, each once; a group stays, for its own name and words. */
function partsOf(
  resource: Resource,
  read: SectionReader,
): { readonly parts: readonly Element[]; readonly allRead: boolean } {
  let allRead = true;
  const seen = new Set<Element>([resource]);
  const pending = membersOf(resource, resource);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { reference, holder } = next;
    const part = read.part(reference, holder) ?? namedOnly(reference);
    if (seen.has(part)) continue;
    if (!read.shared.allows(part)) {
      allRead = false;
      continue;
    }
    seen.add(part);
    // A contained resource refers to others within the same holder.
    const contained = String(reference.reference).startsWith('#');
    for (const member of membersOf(part, contained ? holder : part)) pending.push(member);
  }
  return { parts: [...seen].slice(1), allRead };
}

/** The references of one resource, last first, as a stack wants them. */
function membersOf(resource: Element, holder: Element): { reference: Element; holder: Element }[] {
  return resultParts(resource)
    .map((reference) => ({ reference, holder }))
    .reverse();
}

/** A result of which the report gives only the name. */
function namedOnly({ display }: Element): Element {
  return { resourceType: 'Observation', code: { text: display } };
}

function componentsOf({ component }: Element, read: SectionReader): readonly ResultMember[] {
  return read.list(component).map((one) => member(one, read));
}

function member(observation: Element, read: SectionReader): ResultMember {
  return {
    code: read.concept(observation.code),
    ...observedValue(observation, read),
    range: rangesOf(observation, read),
    interpretation: read.concept(read.first(observation.interpretation)),
    note: read.notes(observation.note),
  };
}

/** A report's own words are its conclusion; it has no notes (FHIR R4, 10.3). */
function conclusionOf({ code, conclusion, conclusionCode }: Resource, read: SectionReader): ResultMember {
  const coded = read.list(conclusionCode).flatMap((concept) => read.words(concept) ?? []);
  const value = read.text(conclusion) ?? (coded.length === 0 ? null : coded.join('; '));
  return { code: read.concept(code), value, unit: null, range: null, interpretation: null, note: null };
}

function rangesOf({ referenceRange }: Element, read: SectionReader): string | null {
  const ranges = read
    .list(referenceRange)
    .flatMap((range) => read.text(range.text) ?? boundsOf(range, read) ?? []);
  return ranges.length === 0 ? null : ranges.join('; ');
}

function boundsOf({ low, high }: Element, read: SectionReader): string | null {
  const from = read.decimal(read.object(low).value);
  const to = read.decimal(read.object(high).value);
  if (from !== null && to !== null) return `${from} to ${to}`;
  return from !== null ? `≥ ${from}` : to !== null ? `≤ ${to}` : null;
}

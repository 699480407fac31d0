import type { EntryDraft } from '../../connector.ts';
import type { Concept } from './element-reader.ts';
import { onsetInWords, verifiedStatus } from './problems.ts';
import type { Resource } from './resource.ts';
import { entryOf, type SectionReader } from './section-reader.ts';

/** SNOMED CT 716186003 |No known allergy|. */
const noKnownAllergy = { system: 'http://snomed.info/sct', code: '716186003' };

/** An AllergyIntolerance as an Allergy. */
export function allergy(resource: Resource, read: SectionReader): EntryDraft {
  const code = read.concept(resource.code);
  const { status, verification } = verifiedStatus(resource, read);
  read.oneOf(resource, 'onset');
  const began = read.date(resource.onsetDateTime) ?? read.date(read.object(resource.onsetPeriod).start);
  const recordedAt = read.date(resource.recordedDate);
  const author = read.name(resource.recorder, resource) ?? read.name(resource.asserter, resource);
  return entryOf(
    resource,
    read,
    { order: began ?? recordedAt, author, recordedAt },
    {
      code,
      category: read.texts(resource.category),
      criticality: read.text(resource.criticality),
      reaction: reactionsOf(resource, read),
      status,
      verification,
      onset: began ?? onsetInWords(resource, read),
      note: noteOf(resource, read),
      noKnownAllergies: saysNoneKnown(code) && (status === null || status === 'active'),
    },
  );
}

function reactionsOf({ reaction }: Resource, read: SectionReader): readonly Concept[] {
  return read
    .list(reaction)
    .flatMap(({ manifestation }) =>
      read.list(manifestation).flatMap((concept) => read.concept(concept) ?? []),
    );
}

/** What is written of the allergy, then of its reactions. */
function noteOf({ note, reaction }: Resource, read: SectionReader): string | null {
  const ofReactions = read
    .list(reaction)
    .flatMap(({ description, note: notes }) => [[{ text: description }], notes]);
  return read.notes(note, ...ofReactions);
}

function saysNoneKnown(concept: Concept | null): boolean {
  const codings = concept?.codings ?? [];
  return codings.some(({ system, code }) => system === noKnownAllergy.system && code === noKnownAllergy.code);
}

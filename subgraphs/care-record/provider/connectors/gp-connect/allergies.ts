import type { ClinicalArea } from './clinical-area.ts';
import { list, object, type Resource } from './json.ts';
import { verifiedStatus } from './problems.ts';
import { provenance } from './provenance.ts';
import type { Concept, ValueReader } from './value-reader.ts';

const noKnownAllergies = '716186003';
const snomed = 'http://snomed.info/sct';

/** An allergy; ended ones come as resources contained in a List of their own, so that nobody takes them for active. */
export const allergies: ClinicalArea = {
  parameter: { name: 'includeAllergies', part: [{ name: 'includeResolvedAllergies', valueBoolean: true }] },
  primaryList: '886921000000105',
  furtherLists: /^1103671000000101$|^(consultations|problems)-allergies-/,
  holds: ({ resourceType }) => resourceType === 'AllergyIntolerance',

  find(record) {
    return (record.byType.get('AllergyIntolerance') ?? []).map((root) => ({ root, parts: [] }));
  },

  translate({ root }, _record, read) {
    const recordedAt = read.date(root.assertedDate);
    const onset = read.start(root, 'onset');
    const code = read.concept(root.code);
    const { status, verification } = verifiedStatus(root, read);
    return {
      order: onset ?? recordedAt,
      item: {
        source: provenance(read.person(root.recorder), recordedAt),
        code,
        category: list(root.category)
          .map((word) => read.text(word))
          .filter((word) => word !== null),
        criticality: read.text(root.criticality),
        reaction: list(root.reaction).flatMap((reaction) => manifestations(reaction, read)),
        status,
        verification,
        onset,
        note: note(root, read),
        noKnownAllergies: saysNoneKnown(code) && (status === null || status === 'active'),
      },
    };
  },
};

/** What a reaction shows itself as; where nothing is coded, its description in words. */
function manifestations(reaction: unknown, read: ValueReader): readonly Concept[] {
  const { manifestation, description } = object(reaction);
  const coded = list(manifestation)
    .map((one) => read.concept(one))
    .filter((concept) => concept !== null);
  const words = read.text(description);
  return coded.length > 0 || words === null ? coded : [{ text: words, codings: [] }];
}

/** What is written of the allergy, then of its reactions as far as it does not stand for the reaction itself. */
function note(root: Resource, read: ValueReader): string | null {
  const ofReactions = list(root.reaction)
    .map(object)
    .flatMap(({ manifestation, description, note: notes }) => [
      list(manifestation).length > 0 ? { text: description } : undefined,
      notes,
    ]);
  return read.notes(root.note, ...ofReactions);
}

function saysNoneKnown(code: Concept | null): boolean {
  return (
    code?.codings.some((coding) => coding.system === snomed && coding.code === noKnownAllergies) ?? false
  );
}

import type { ClinicalArea } from './clinical-area.ts';
import { extensions, object, type Resource } from './json.ts';
import { provenance } from './provenance.ts';
import type { ValueReader } from './value-reader.ts';

/** Verifications that take the statement back, so that its clinical status must not be shown. */
const takenBack: ReadonlySet<string | null> = new Set(['entered-in-error', 'refuted']);

/** A problem is a ProblemHeader Condition; the event it was recorded with (`ActualProblem`) may be labelled too. */
export const problems: ClinicalArea = {
  parameter: { name: 'includeProblems' },
  primaryList: '717711000000103',
  furtherLists: /^consultations-problems-|^problems-linked-problems-/,
  holds: ({ resourceType }) => resourceType === 'Condition',

  find(record) {
    return (record.byType.get('Condition') ?? []).map((root) => ({
      root,
      parts: extensions(root, 'ActualProblem-1')
        .map(({ valueReference }) => record.resolve(valueReference))
        .filter((actual) => actual !== null)
        .filter((actual) => actual !== root),
    }));
  },

  translate({ root }, _record, read) {
    const recordedAt = read.date(root.assertedDate);
    const onset = read.start(root, 'onset');
    return {
      order: onset ?? recordedAt,
      item: {
        source: provenance(read.person(root.asserter), recordedAt),
        code: read.concept(root.code),
        ...verifiedStatus(root, read),
        onset: onset ?? read.text(root.onsetString),
        end: read.date(root.abatementDateTime ?? object(root.abatementPeriod).end),
        significance: read.text(extensions(root, 'ProblemSignificance-1')[0]?.valueCode),
        // The event's own notes are another section's: a problem made of an allergy must not show what is said of the allergy.
        note: read.notes(root.note),
      },
    };
  },
};

/** Whether the statement holds. */
export interface VerifiedStatus {
  /** The clinical status, or the verification where that takes the statement back. */
  readonly status: string | null;
  readonly verification: string | null;
}

/** Reads the two statuses of a problem or an allergy, which are codes in STU3. */
export function verifiedStatus(
  { clinicalStatus, verificationStatus }: Resource,
  read: ValueReader,
): VerifiedStatus {
  const verification = read.text(verificationStatus);
  const clinical = read.text(clinicalStatus);
  return { status: takenBack.has(verification) ? verification : clinical, verification };
}

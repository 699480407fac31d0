import type { ClinicalArea } from './clinical-area.ts';
import { provenance } from './provenance.ts';
import { extensions, object } from './record.ts';

/** A problem is a ProblemHeader Condition; the event it was recorded with (`ActualProblem`) may be labelled too. */
export const problems: ClinicalArea = {
  parameter: { name: 'includeProblems' },
  primaryList: '717711000000103',
  furtherLists: /^consultations-problems-|^problems-linked-problems-/,
  types: ['Condition'],

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
        status:
          root.verificationStatus === 'entered-in-error'
            ? 'entered-in-error'
            : read.text(root.clinicalStatus),
        onset: onset ?? read.text(root.onsetString),
        end: read.date(root.abatementDateTime ?? object(root.abatementPeriod).end),
        significance: read.text(extensions(root, 'ProblemSignificance-1')[0]?.valueCode),
      },
    };
  },
};

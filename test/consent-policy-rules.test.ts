import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadPolicy } from '../consent-policy/policy.ts';
import { ruleIds } from '../consent-policy/policy-folder.ts';
import { type Facts, type Role, roles, type Section, sections } from '../consent-policy/vocabulary.ts';
import { bestFacts, matrixLines } from './consent-policy-statement.ts';

const policy = loadPolicy();

interface Case {
  readonly seen: string;
  readonly facts: Facts;
  /** Rules that refuse; empty for a release. */
  readonly by: readonly string[];
}

const doctor = (changes: Partial<Facts> = {}): Facts => ({ ...bestFacts('doctor', 'problems'), ...changes });
const patient = (changes: Partial<Facts> = {}): Facts => ({
  ...bestFacts('patient', 'problems'),
  ...changes,
});
const shown = (seen: string, facts: Facts): Case => ({ seen, facts, by: [] });
const refused = (seen: string, facts: Facts, ...by: string[]): Case => ({ seen, facts, by });

const cases: Readonly<Record<string, readonly Case[]>> = {
  role: [
    shown('a receptionist sees demographics', bestFacts('administrator', 'person')),
    refused('a receptionist sees no diagnosis', bestFacts('administrator', 'problems'), 'role'),
    refused('a receptionist sees no appointment for now', bestFacts('administrator', 'appointments'), 'role'),
    shown('a pharmacist sees medicines', bestFacts('pharmacist', 'medications')),
    refused('a social worker sees no medicines', bestFacts('socialWorker', 'medications'), 'role'),
    refused('a patient does not see recorded risks', bestFacts('patient', 'risks'), 'role'),
    refused(
      'a medical examiner does not see the living',
      { ...bestFacts('medicalExaminer', 'problems'), person: 'ordinary' },
      'role',
    ),
    refused(
      'a refusal by role is told beside another',
      { ...bestFacts('administrator', 'problems'), dissent: 'local' },
      'dissent',
      'role',
    ),
  ],
  relationship: [
    refused('staff without a relationship see nothing', doctor({ relationship: 'none' }), 'relationship'),
    shown('staff of the registered practice see', doctor({ relationship: 'registered-practice' })),
    shown('staff of an open encounter see', doctor({ relationship: 'encounter' })),
    shown('staff of an accepted referral see', doctor({ relationship: 'referral' })),
    shown('staff with the patient on caseload see', doctor({ relationship: 'caseload' })),
    refused('staff do not open their own record', doctor({ relationship: 'self' }), 'relationship'),
    refused('a patient sees nobody else', patient({ relationship: 'caseload' }), 'relationship'),
  ],
  training: [
    refused('lapsed training hides everything', doctor({ training: 'lapsed' }), 'training'),
    refused('staff cannot pass as not staff', doctor({ training: 'not-staff' }), 'training'),
    shown('a patient needs no training', patient()),
  ],
  purpose: [
    refused('an unstated purpose is refused', doctor({ purpose: 'unstated' }), 'purpose'),
    refused('emergency treatment needs a grant first', doctor({ purpose: 'ETREAT' }), 'purpose'),
    refused('breaking the glass needs a grant first', doctor({ purpose: 'BTG' }), 'purpose'),
    refused('staff cannot ask as the patient', doctor({ purpose: 'PATRQT' }), 'purpose'),
    refused('insurance cover is no purpose here', doctor({ purpose: 'COVERAGE' }), 'purpose'),
    refused('operations never reach a record', doctor({ purpose: 'HOPERAT' }), 'purpose'),
    refused('research never reaches a record', doctor({ purpose: 'HRESCH' }), 'purpose'),
    refused('a patient does not treat', patient({ purpose: 'TREAT' }), 'purpose'),
    refused('a privacy officer does not treat', bestFacts('privacyOfficer', 'person'), 'purpose', 'role'),
  ],
  agreement: [
    shown('an agreement in force releases', doctor()),
    refused('an expired agreement releases nothing', doctor({ agreement: 'expired' }), 'agreement'),
    refused('an agreement names its purposes', doctor({ agreement: 'purpose-not-covered' }), 'agreement'),
    refused('an agreement names its sections', doctor({ agreement: 'section-not-covered' }), 'agreement'),
    refused('an agreement names its recipients', doctor({ agreement: 'recipient-not-covered' }), 'agreement'),
    refused('a source always needs an agreement', doctor({ agreement: 'not-needed' }), 'agreement'),
    refused(
      'even own staff need an agreement',
      doctor({ agreement: 'expired', recipient: 'own-staff' }),
      'agreement',
    ),
    shown(
      'no agreement is needed without source',
      doctor({ agreement: 'not-needed', recipient: 'no-source' }),
    ),
  ],
  dissent: [
    refused('a local dissent stops other staff', doctor({ dissent: 'local' }), 'dissent'),
    shown('a local dissent spares own staff', doctor({ dissent: 'local', recipient: 'own-staff' })),
    shown('a local dissent spares the patient', patient({ dissent: 'local' })),
    refused('a regional dissent stops other staff', doctor({ dissent: 'regional' }), 'dissent'),
    shown('a regional dissent spares own staff', doctor({ dissent: 'regional', recipient: 'own-staff' })),
    shown('a regional dissent spares the patient', patient({ dissent: 'regional' })),
    refused(
      'breaking the glass leaves dissent',
      doctor({ dissent: 'local', purpose: 'BTG' }),
      'dissent',
      'purpose',
    ),
  ],
  'restricted-person': [
    refused('a restricted person is refused to staff', doctor({ person: 'restricted' }), 'restricted-person'),
    refused('a restricted person cannot ask either', patient({ person: 'restricted' }), 'restricted-person'),
  ],
  deceased: [
    refused('an informal death refuses for now', doctor({ person: 'deceased-informal' }), 'deceased'),
    refused('a formal death refuses', doctor({ person: 'deceased-formal' }), 'deceased'),
    refused('a medical examiner waits for the rule', bestFacts('medicalExaminer', 'problems'), 'deceased'),
  ],
  sensitive: [
    refused('a restricted entry is refused', doctor({ label: 'restricted' }), 'sensitive'),
    refused('a very restricted entry is refused', doctor({ label: 'very-restricted' }), 'sensitive'),
    refused('an unknown label is refused', doctor({ label: 'unknown' }), 'sensitive'),
    refused(
      'own staff wait for the rule too',
      doctor({ label: 'restricted', recipient: 'own-staff' }),
      'sensitive',
    ),
  ],
  'not-for-patient': [
    refused('an entry kept from the patient stays', patient({ label: 'not-for-patient' }), 'not-for-patient'),
    refused('staff wait for that rule too', doctor({ label: 'not-for-patient' }), 'not-for-patient'),
  ],
};

for (const [rule, of] of Object.entries(cases)) {
  describe(`rule ${rule}`, () => {
    test.for(of)('$seen', ({ facts, by }) => {
      const decision =
        by.length === 0 ? { allowed: true, policies: ['role'] } : { allowed: false, policies: by };
      expect(policy.decide(facts)).toEqual(decision);
    });
  });
}

describe('coverage', () => {
  test('every rule in force decides a case', () => {
    const deciding = new Set(Object.values(cases).flatMap((of) => of.flatMap(({ by }) => by)));
    expect([...deciding].sort()).toEqual(policy.ids);
  });

  test('the rules in force are those listed', () => {
    expect([...policy.ids]).toEqual([...ruleIds].sort());
  });

  test('every rule begins with one sentence', () => {
    for (const id of policy.ids) {
      const text = readFileSync(new URL(`../consent-policy/policies/${id}.cedar`, import.meta.url), 'utf8');
      expect(text).toMatch(new RegExp(`^// [A-Z][^\\n]+\\.\\n@id\\("${id}"\\)\\n(permit|forbid) `));
    }
  });
});

describe('role and section matrix', () => {
  test('the policy decides the matrix as typed', () => {
    expect(sectionsInFileOrder().map(printedLine)).toEqual(matrixLines);
  });

  test('the matrix names every section once', () => {
    expect(sectionsInFileOrder().sort()).toEqual([...sections].sort());
  });
});

function sectionsInFileOrder(): Section[] {
  return matrixLines.map((line) => line.split(' ')[0] as Section);
}

function printedLine(section: Section): string {
  return `${section.padEnd(14)}${roles.map((role) => printedCell(role, section).padEnd(4)).join('')}`.trimEnd();
}

function printedCell(role: Role, section: Section): string {
  const { allowed, policies } = policy.decide(bestFacts(role, section));
  if (allowed) return '✔';
  if (!policies.includes('role')) return '(✔)';
  // Refused whole until appointments are served and can be told apart by organisation.
  return role === 'administrator' && section === 'appointments' ? 'own' : '.';
}

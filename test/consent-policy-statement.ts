import { readFileSync } from 'node:fs';
import type { Decision } from '../consent-policy/policy.ts';
import { type Facts, type Role, roles, type Section } from '../consent-policy/vocabulary.ts';

/** Facts under which a role sees all that it may: each test takes one of them away. */
export function bestFacts(role: Role, section: Section): Facts {
  const patient = role === 'patient';
  return {
    role,
    purpose: patient ? 'PATRQT' : 'TREAT',
    training: patient ? 'not-staff' : 'current',
    relationship: patient ? 'self' : 'encounter',
    person: role === 'medicalExaminer' ? 'deceased-formal' : 'ordinary',
    section,
    agreement: 'in-force',
    dissent: 'none',
    recipient: patient ? 'patient' : 'other-staff',
    label: 'none',
  };
}

/** The owner's matrix as typed: the lines below the heading. */
export const matrixLines = readFileSync(new URL('./consent-matrix.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .slice(1);

const cells = new Map(
  matrixLines.flatMap((line) => {
    const [section, ...row] = line.split(/ +/);
    return row.map((cell, index) => [`${roles[index]}/${section}`, cell] as const);
  }),
);

/** The rules once more in TypeScript, from their sentences: what Cedar must decide. */
const refuses: Readonly<Record<string, (facts: Facts) => boolean>> = {
  agreement: ({ agreement, recipient }) =>
    recipient === 'no-source'
      ? agreement !== 'in-force' && agreement !== 'not-needed'
      : agreement !== 'in-force',
  deceased: ({ person }) => person.startsWith('deceased'),
  dissent: ({ dissent, recipient, role }) => {
    if (role === 'patient' || dissent === 'none') return false;
    return recipient !== 'own-staff';
  },
  'not-for-patient': ({ label }) => label === 'not-for-patient',
  purpose: ({ purpose, role }) => {
    if (role === 'patient') return purpose !== 'PATRQT';
    return purpose !== 'TREAT' || ['privacyOfficer', 'icsAdministrator', 'researcher'].includes(role);
  },
  relationship: ({ relationship, role }) =>
    role === 'patient' ? relationship !== 'self' : relationship === 'self' || relationship === 'none',
  'restricted-person': ({ person }) => person === 'restricted',
  role: ({ role, section, person }) => {
    const cell = cells.get(`${role}/${section}`);
    if (role === 'medicalExaminer' && !person.startsWith('deceased')) return true;
    return cell !== '✔' && cell !== '(✔)';
  },
  sensitive: ({ label }) => label !== 'none' && label !== 'not-for-patient',
  training: ({ training, role }) => training === 'lapsed' || (training === 'not-staff' && role !== 'patient'),
};

/** What must be decided on these facts. */
export function statedDecision(facts: Facts): Decision {
  const refusing = Object.keys(refuses).filter((id) => refuses[id]?.(facts) !== false);
  return refusing.length === 0
    ? { allowed: true, policies: ['role'] }
    : { allowed: false, policies: refusing };
}

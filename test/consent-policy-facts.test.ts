import { describe, expect, test } from 'vitest';
import type { AccessContext, Requester } from '../consent-policy/access-context.ts';
import { agreementFact, recipientFact, type SharingAgreement } from '../consent-policy/agreement.ts';
import { factsOf, sourceFacts } from '../consent-policy/facts.ts';
import { loadPolicy } from '../consent-policy/policy.ts';

const hospital: SharingAgreement = {
  odsCode: 'RXX01',
  purposes: ['TREAT', 'PATRQT'],
  sections: ['problems', 'medications'],
  partners: ['ICS-NORTH', 'RYY02'],
  validUntil: '2028-03-31',
};

const staff = (organisation: string | null, ...groups: string[]): Requester => ({
  userId: '555000000001',
  role: 'doctor',
  roleCode: 'S8000:G8000:R8000',
  roleProfileId: '555000000101',
  organisation,
  groups,
});
const patient: Requester = { ...staff(null), role: 'patient', roleCode: null, roleProfileId: null };

const access = (requester: Requester, changes: Partial<AccessContext> = {}): AccessContext => ({
  requester,
  purpose: requester.role === 'patient' ? 'PATRQT' : 'TREAT',
  training: requester.role === 'patient' ? 'not-staff' : 'current',
  relationship: requester.role === 'patient' ? 'self' : 'encounter',
  patient: {
    nhsNumber: '9990000018',
    formerNhsNumbers: [],
    birthDate: '1962-04-01',
    familyName: 'Example',
    state: 'ordinary',
    registeredPractice: 'Y99001',
  },
  dissent: 'none',
  correlationId: 'c-1',
  ...changes,
});

describe('what an agreement says', () => {
  const ask = (requester: Requester, changes = {}) =>
    agreementFact(hospital, {
      purpose: 'TREAT',
      section: 'problems',
      requester,
      today: '2027-01-01',
      ...changes,
    });

  test('a partner organisation receives', () => {
    expect(ask(staff('RYY02'))).toBe('in-force');
  });

  test('a member of a partner group receives', () => {
    expect(ask(staff('RZZ03', 'PCN-1', 'ICS-NORTH'))).toBe('in-force');
  });

  test('anyone else is not a recipient', () => {
    expect(ask(staff('RZZ03', 'ICS-SOUTH'))).toBe('recipient-not-covered');
  });

  test('own staff and the patient need no naming', () => {
    expect(ask(staff('RXX01'))).toBe('in-force');
    expect(ask(patient, { purpose: 'PATRQT' })).toBe('in-force');
  });

  test('staff of no organisation belong to no group', () => {
    expect(ask(staff(null, 'ICS-NORTH'))).toBe('recipient-not-covered');
  });

  test('its last day counts, the next does not', () => {
    expect(ask(staff('RYY02'), { today: '2028-03-31' })).toBe('in-force');
    expect(ask(staff('RYY02'), { today: '2028-04-01' })).toBe('expired');
  });

  test('it expires for own staff as well', () => {
    expect(ask(staff('RXX01'), { today: '2030-01-01' })).toBe('expired');
  });

  test.for(['', '1/1/2027', '2027-1-1', '2027-01-01T10:00:00Z'])(
    '`%s` is no date to be in force on',
    (today) => {
      expect(ask(staff('RYY02'), { today })).toBe('expired');
    },
  );

  test('purposes and sections must be named', () => {
    expect(ask(staff('RYY02'), { purpose: 'BTG' })).toBe('purpose-not-covered');
    expect(ask(staff('RYY02'), { section: 'results' })).toBe('section-not-covered');
  });
});

test('a recipient is told by role and organisation', () => {
  expect(recipientFact('RXX01', staff('RXX01'))).toBe('own-staff');
  expect(recipientFact('RXX01', staff('RYY02'))).toBe('other-staff');
  expect(recipientFact('RXX01', staff(null))).toBe('other-staff');
  expect(recipientFact('RXX01', patient)).toBe('patient');
});

test('a section needs no source to be decided', () => {
  expect(factsOf(access(staff('RYY02'), { dissent: 'regional' }), 'problems')).toEqual({
    role: 'doctor',
    purpose: 'TREAT',
    training: 'current',
    relationship: 'encounter',
    person: 'ordinary',
    section: 'problems',
    agreement: 'not-needed',
    dissent: 'none',
    recipient: 'no-source',
    label: 'none',
  });
});

test('a source adds agreement, recipient and regional dissent', () => {
  const facts = sourceFacts(
    access(staff('RZZ03'), { dissent: 'regional' }),
    'problems',
    hospital,
    '2027-01-01',
  );
  expect(facts).toMatchObject({
    agreement: 'recipient-not-covered',
    dissent: 'regional',
    recipient: 'other-staff',
    label: 'none',
  });
});

test('a partner and the patient are shown a source', () => {
  const policy = loadPolicy();
  for (const requester of [staff('RYY02'), patient])
    expect(policy.decide(sourceFacts(access(requester), 'problems', hospital, '2027-01-01')).allowed).toBe(
      true,
    );
});

import { expect, test } from 'vitest';
import { preferences, relationships } from './region/population/facts.ts';
import { personIn } from './region/population/find.ts';
import { history } from './region/population/history.ts';
import { checkDigit } from './region/population/nhs-number.ts';
import { people } from './region/population/people.ts';

const situations = [
  ...['complete', 'large', 'no-record', 'gp-dissent', 'gp-dissent-same-day', 'gp-consent-later'],
  ...['regional-dissent', 'superseded', 'slow-provider', 'dead-provider', 'lying-provider', 'deceased'],
  ...['deceased-informal', 'restricted', 'labelled', 'renamed', 'wrong-birth-date', 'in-transit'],
  ...['awaiting-filing', 'all-confidential', 'switched-off', 'no-known-allergies', 'hilltop', 'unrelated'],
  'ordinary',
];

test('every situation has somebody in it', () => {
  expect(new Set(people.map(({ situation }) => situation))).toEqual(new Set(situations));
  expect(people.length).toBeGreaterThanOrEqual(24);
});

test('numbers are unique, invented and have valid check digits', () => {
  const numbers = people.flatMap(({ nhsNumber, supersededNumbers }) => [nhsNumber, ...supersededNumbers]);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const number of numbers) {
    expect(number).toMatch(/^999\d{7}$/);
    expect(checkDigit(number.slice(0, 9))).toBe(Number(number[9]));
  }
});

test('check digits follow modulus 11', () => {
  expect(checkDigit('900000000')).toBe(9);
  expect(checkDigit('943476591')).toBe(9);
  expect(checkDigit('947671993')).toBe(1);
});

test('people are the same on every run', () => {
  expect(personIn('complete').nhsNumber).toBe('9994010301');
  expect(personIn('superseded').supersededNumbers).toEqual(['9998528194']);
});

test('every entry of the region has a text of its own', () => {
  const texts = people.flatMap((person) => person.heldBy.flatMap((odsCode) => entriesAt(odsCode, person)));
  expect(new Set(texts).size).toBe(texts.length);
});

test('the large record has over two thousand entries', () => {
  expect(entriesAt('G99001', personIn('large')).length).toBeGreaterThan(2000);
  expect(entriesAt('RXX01', personIn('large')).length).toBeGreaterThan(300);
});

test('everybody but the unrelated person is cared for', () => {
  const cared = new Set(
    relationships()
      .filter((row) => row.validUntil === null)
      .map((row) => row.nhsNumber),
  );
  const others = people.filter(({ nhsNumber }) => !cared.has(nhsNumber));
  expect(others).toEqual([personIn('unrelated')]);
});

test('one relationship has run out and one person dissents', () => {
  const expired = relationships().filter(({ validUntil }) => validUntil !== null);
  expect(expired).toEqual([
    expect.objectContaining({ nhsNumber: personIn('unrelated').nhsNumber, validUntil: '2024-06-30' }),
  ]);
  expect(preferences()).toEqual([
    { nhsNumber: personIn('regional-dissent').nhsNumber, kind: 'dissent', scope: 'region' },
  ]);
});

function entriesAt(odsCode: string, person: (typeof people)[number]): string[] {
  return Object.values(history(person, odsCode)).flatMap((entries: readonly { text: string }[]) =>
    entries.map(({ text }) => text),
  );
}

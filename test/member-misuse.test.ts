import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { warnings } from '../subgraphs/care-record/provider/warnings.ts';
import { personIn } from './region/population/find.ts';
import { type Answer, reportOf, startWorld, type World } from './world.ts';

// A member of its own program that keeps to no contract, beside those of the region: it harms its own answer at most.

const misuser = 'RMM01';
const riverside = 'G99001';
const limit = 5;

interface Item {
  readonly [key: string]: unknown;
}
/** What the member says of one section. */
interface Said {
  readonly items?: readonly unknown[];
  readonly keys?: readonly { readonly id: string; readonly order: string | null; readonly label?: string }[];
  readonly reports?: readonly unknown[];
}

let world: World;
let member: FastifyInstance;
let said: Said = {};

const query = `query($nhsNumber: NHSNumber!) { patient(nhsNumber: $nhsNumber) {
  problems { complete items { id code { text } source { organisation { odsCode name } } }
    sources { organisation { odsCode } state warnings items } } } }`;
const own = { organisation: { odsCode: misuser, name: 'Misuser' } };
const item = (id: string, more: Item = {}) => ({ id, code: { text: `MINE ${id}` }, source: own, ...more });
const keys = (...ids: readonly string[]) => ids.map((id) => ({ id, order: '2020' }));

beforeAll(async () => {
  member = fastify({ forceCloseConnections: true });
  member.post('/graphql', async () => {
    const { items = [], keys: given = [], reports = [{ state: 'COMPLETE', warnings: [] }] } = said;
    const section = { items, __keys: given.map((key) => ({ label: 'none', ...key })), __reports: reports };
    const { nhsNumber } = personIn('complete');
    return { data: { _entities: [{ __nhsNumber: nhsNumber, problems: section, again: section }] } };
  });
  const address = await member.listen({ port: 0, host: '127.0.0.1' });
  world = await startWorld({}, (dataDir) =>
    writeFile(join(dataDir, 'providers', 'misuser.yaml'), JSON.stringify(entry(`${address}/graphql`))),
  );
});
afterAll(async () => {
  await Promise.all([world.end(), member.close()]);
});
beforeEach(() => {
  said = {};
});

async function asked(saying: Said, text = query): Promise<Answer> {
  said = saying;
  return world.ask('gp', 'complete', text);
}
const textsOf = (answer: Answer) =>
  (answer.body.data?.patient?.problems?.items ?? []).map(({ code }) => (code as { text: string }).text);
/** The member's state and its entries, once it is clear that everybody else's stand there whatever it said. */
function misusersOf(answer: Answer) {
  expect([answer.status, answer.body.errors]).toEqual([200, undefined]);
  expect(reportOf(answer, 'problems', riverside)?.state).toBe('COMPLETE');
  expect(textsOf(answer).filter((text) => !text.startsWith('MINE')).length).toBeGreaterThan(0);
  const state = reportOf(answer, 'problems', misuser)?.state;
  return [state, textsOf(answer).filter((text) => text.startsWith('MINE'))];
}

describe('what nobody asked for', () => {
  test.each<[string, Item]>([
    ['a name of another type', { __typename: 'Bogus' }],
    ['a name of a type that is a number', { __typename: 5 }],
    ['a name of a type further in', { code: { text: 'MINE a', __typename: 'Bogus' } }],
    ['a field of the schema', { note: 'not asked for' }],
    ['a field of no schema', { surprise: { deep: ['not asked for'] } }],
  ])('(%s) reaches nobody and harms nobody', async (_what, more) => {
    const answer = await asked({ items: [item('a', more)], keys: keys('a') });
    expect(misusersOf(answer)).toEqual(['COMPLETE', ['MINE a']]);
    expect(answer.text).not.toMatch(/Bogus|not asked for/);
  });
});

describe('what a member says of others', () => {
  const elsewhere = { organisation: { odsCode: riverside, name: 'Riverside Surgery' } };

  test.each<[string, Said]>([
    ['another organisation', { items: [item('a', { source: elsewhere })], keys: keys('a') }],
    [
      'another name',
      {
        items: [item('a', { source: { organisation: { odsCode: misuser, name: 'Riverside Surgery' } } })],
        keys: keys('a'),
      },
    ],
    ['an id that is not its key’s', { items: [item('b')], keys: keys('a') }],
    ['one id twice', { items: [item('a'), item('a')], keys: keys('a', 'a') }],
  ])('(%s) is no usable answer', async (_what, saying) => {
    expect(misusersOf(await asked(saying))).toEqual(['INVALID_ANSWER', []]);
  });

  test('is seen under whatever name it was asked for', async () => {
    const text = `query($nhsNumber: NHSNumber!) { patient(nhsNumber: $nhsNumber) {
      problems { complete items { code { text } key: id from: source { who: organisation { which: odsCode } } }
        sources { organisation { odsCode } state } } } }`;
    const odd = (id: string, which: string) => ({
      code: { text: 'MINE' },
      key: id,
      from: { who: { which } },
    });
    const answered = async (one: unknown) =>
      misusersOf(await asked({ items: [one], keys: keys('a') }, text))[0];
    expect(await answered(odd('a', misuser))).toBe('COMPLETE');
    expect(await answered(odd('b', misuser))).toBe('INVALID_ANSWER');
    expect(await answered(odd('a', riverside))).toBe('INVALID_ANSWER');
  });

  test('may be of strangers where several report, never of neighbours', async () => {
    const reports = [
      { state: 'COMPLETE', warnings: [] },
      { state: 'NOT_HELD', warnings: [] },
    ];
    const of = async (odsCode: string, name: string) => {
      const items = [item('a', { source: { organisation: { odsCode, name } } })];
      return misusersOf(await asked({ items, keys: keys('a'), reports }))[0];
    };
    expect(await of('RSS01', 'Southern Hospital')).toBe('COMPLETE');
    expect(await of(misuser, 'Misuser')).toBe('COMPLETE');
    expect(await of(riverside, 'Southern Hospital')).toBe('INVALID_ANSWER');
    expect(await of('RSS01', 'Riverside Surgery')).toBe('INVALID_ANSWER');
  });

  test('may be nothing', async () => {
    const answer = await asked({ items: [item('a', { source: { organisation: null } })], keys: keys('a') });
    expect(misusersOf(answer)).toEqual(['COMPLETE', ['MINE a']]);
  });
});

describe('a member that sends more than it may', () => {
  const many = (count: number): Said => {
    const ids = Array.from({ length: count }, (_, at) => `${1000 + at}`);
    return { items: ids.map((id) => item(id)), keys: ids.map((id) => ({ id, order: id })) };
  };

  test('is cut to its newest entries and says so', async () => {
    const answer = await asked(many(limit + 3));
    const newest = ['1007', '1006', '1005', '1004', '1003'].map((id) => `MINE ${id}`);
    expect(misusersOf(answer)).toEqual(['INCOMPLETE', newest]);
    expect(reportOf(answer, 'problems', misuser)).toMatchObject({
      items: limit,
      warnings: [warnings.cutAtLimit],
    });
    expect(answer.body.data?.patient?.problems?.complete).toBe(false);
  });

  test('is not read when it sends far more', async () => {
    expect(misusersOf(await asked(many(4 * limit)))[0]).toBe('INCOMPLETE');
    expect(misusersOf(await asked(many(4 * limit + 1)))).toEqual(['INVALID_ANSWER', []]);
    const reports = Array.from({ length: 2000 }, () => ({ state: 'COMPLETE', warnings: [] }));
    expect(misusersOf(await asked({ reports }))).toEqual(['INVALID_ANSWER', []]);
  });

  test('is cut after consent, so that nothing hidden shows', async () => {
    const { items = [], keys: given = [] } = many(limit + 3);
    const hidden = given.map((key, at) => (at < 3 ? key : { ...key, label: 'restricted' }));
    const answer = await asked({ items, keys: hidden });
    expect(misusersOf(answer)).toEqual(['PARTLY_WITHHELD', ['MINE 1002', 'MINE 1001', 'MINE 1000']]);
    expect(reportOf(answer, 'problems', misuser)?.warnings).toEqual([]);
  });
});

/** The member's register entry. */
function entry(subgraphUrl: string) {
  const contact = 'office@misuser.example';
  return {
    provider: 'misuser',
    organisation: {
      odsCode: misuser,
      name: 'Misuser',
      controller: 'Misuser',
      contacts: {
        dataProtectionOfficer: contact,
        caldicottGuardian: contact,
        clinicalSafetyOfficer: contact,
      },
    },
    careSetting: 'ACUTE',
    subgraphUrl,
    locate: 'always',
    sections: ['PROBLEMS'],
    sharing: {
      agreement: 'DSA-2026-099',
      purposes: ['TREAT'],
      signatories: ['ICS-NORTH'],
      partners: ['ICS-NORTH'],
      leads: { subjectAccess: contact, breach: contact, indemnity: 'clause 7' },
      validUntil: '2099-01-01',
      withheldNotice: 'STATED',
    },
    retention: { period: '8 years', basis: 'code', storedAt: 'here' },
    limits: { timeoutMs: 2000, concurrency: 4, itemsPerSection: limit, bytes: 1_000_000 },
  };
}

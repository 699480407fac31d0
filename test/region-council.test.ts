import { afterAll, beforeAll, expect, test } from 'vitest';
import { caseSystem } from './region/council/case-system.ts';
import { personIn } from './region/population/find.ts';

const app = caseSystem();
let base = '';
beforeAll(async () => {
  base = `${await app.listen({ host: '127.0.0.1', port: 0 })}/api/v1`;
});
afterAll(() => app.close());

interface Listing {
  readonly residents: readonly { mosaicId: string; restricted: string; addressList: object[] }[];
  readonly allocations: readonly { caseStatus: string; allocationEndDate: string | null }[];
  readonly cases: readonly { recordId: string; dateOfEvent: string }[];
  readonly nextCursor: string | null;
}

async function get(path: string): Promise<Listing> {
  const response = await fetch(`${base}${path}`);
  expect(response.status).toBe(200);
  return JSON.parse(await response.text());
}

async function status(path: string): Promise<number> {
  return (await fetch(`${base}${path}`)).status;
}

async function residentIn(situation: string) {
  const { residents } = await get(`/residents?nhsNumber=${personIn(situation).nhsNumber}`);
  return residents[0];
}

test('a resident is found by NHS number', async () => {
  const { nhsNumber, familyName, birthDate } = personIn('complete');
  expect(await residentIn('complete')).toMatchObject({
    nhsNumber,
    lastName: familyName,
    dateOfBirth: birthDate,
    restricted: 'N',
  });
});

test('somebody unknown is an empty list', async () => {
  expect(await residentIn('unrelated')).toBeUndefined();
});

test('an address without a number is a bad request', async () => {
  expect(await status('/residents')).toBe(400);
  expect(await status('/residents?nhsNumber=12')).toBe(400);
});

test('one allocation is open, and those that ended are closed', async () => {
  const resident = await residentIn('complete');
  const { allocations } = await get(`/residents/${resident?.mosaicId}/allocations`);
  expect(allocations.filter(({ caseStatus }) => caseStatus === 'Open')).toHaveLength(1);
  for (const { caseStatus, allocationEndDate } of allocations) {
    expect(caseStatus === 'Open').toBe(allocationEndDate === null);
  }
});

test('cases come in pages, newest first', async () => {
  const resident = await residentIn('large');
  const path = `/residents/${resident?.mosaicId}/cases`;
  const first = await get(path);
  const second = await get(`${path}?cursor=${first.nextCursor}`);
  const third = await get(`${path}?cursor=${second.nextCursor}`);
  const all = [first, second, third].flatMap(({ cases }) => cases);
  expect([first.cases.length, second.cases.length, third.cases.length]).toEqual([20, 20, 5]);
  expect(third.nextCursor).toBeNull();
  expect(new Set(all.map(({ recordId }) => recordId)).size).toBe(45);
  const dates = all.map(({ dateOfEvent }) => dateOfEvent);
  expect(dates).toEqual([...dates].sort().reverse());
});

test('a broken cursor is a bad request', async () => {
  const resident = await residentIn('complete');
  expect(await status(`/residents/${resident?.mosaicId}/cases?cursor=next`)).toBe(400);
});

test('a restricted resident is listed and refused', async () => {
  const resident = await residentIn('restricted');
  expect(resident).toMatchObject({ restricted: 'Y', addressList: [] });
  for (const path of ['', '/allocations', '/cases']) {
    expect(await status(`/residents/${resident?.mosaicId}${path}`)).toBe(403);
  }
});

test('an id that is not known is not found', async () => {
  expect(await status('/residents/7')).toBe(404);
});

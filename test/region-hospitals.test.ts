import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fhirServer } from './region/hospital/fhir-server.ts';
import { eastfield, northgate } from './region/hospital/hospital.ts';
import { personIn } from './region/population/find.ts';

interface Resource {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}
interface Bundle {
  readonly total: number;
  readonly link: readonly { relation: string; url: string }[];
  readonly entry: readonly { fullUrl: string; resource: Resource; search: { mode: string } }[];
}

let apps: FastifyInstance[] = [];
let northgateBase = '';
let eastfieldBase = '';
beforeAll(async () => {
  apps = [await fhirServer(northgate), await fhirServer(eastfield)];
  const origins = await Promise.all(apps.map((app) => app.listen({ host: '127.0.0.1', port: 0 })));
  [northgateBase, eastfieldBase] = [`${origins[0]}/r4`, `${origins[1]}/r4`];
});
afterAll(async () => {
  for (const app of apps) {
    app.server.closeAllConnections();
    await app.close();
  }
});

async function get(address: string): Promise<Bundle> {
  const response = await fetch(address);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/fhir\+json/);
  return JSON.parse(await response.text());
}

async function refusal(address: string): Promise<string> {
  const response = await fetch(address);
  return `${response.status} ${await response.text()}`;
}

function byNumber(base: string, nhsNumber: string): string {
  return `${base}/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|${nhsNumber}`;
}

async function patientOf(base: string, situation: string): Promise<Resource | undefined> {
  const { entry } = await get(byNumber(base, personIn(situation).nhsNumber));
  return entry[0]?.resource;
}

async function search(base: string, type: string, situation: string, more = ''): Promise<Bundle> {
  const patient = await patientOf(base, situation);
  return await get(`${base}/${type}?patient=${patient?.id}${more}`);
}

test('the capability statement names types and parameters', async () => {
  const text = await (await fetch(`${northgateBase}/metadata`)).text();
  expect(text).toContain('"fhirVersion":"4.0.1"');
  expect(text).toContain('"type":"DocumentReference"');
  expect(await (await fetch(`${eastfieldBase}/metadata`)).text()).not.toContain('"type":"DocumentReference"');
});

test('a patient is found by NHS number', async () => {
  const { nhsNumber, birthDate, familyName } = personIn('complete');
  const { entry, total } = await get(byNumber(northgateBase, nhsNumber));
  expect(total).toBe(1);
  expect(entry[0]?.resource).toMatchObject({ birthDate, name: [{ family: familyName }] });
  expect(entry[0]?.search.mode).toBe('match');
  expect(entry[0]?.fullUrl).toBe(`${northgateBase}/Patient/${entry[0]?.resource.id}`);
});

test.each([
  'AllergyIntolerance',
  'Condition',
  'DiagnosticReport',
  'DocumentReference',
  'Encounter',
  'MedicationRequest',
  'Observation',
])('%s is found by patient, and only theirs', async (type) => {
  const patient = await patientOf(northgateBase, 'complete');
  const { entry, total } = await search(northgateBase, type, 'complete');
  expect(total).toBeGreaterThan(0);
  for (const { resource } of entry) {
    expect(resource.resourceType).toBe(type);
    expect(resource.subject ?? resource.patient).toEqual({ reference: `Patient/${patient?.id}` });
  }
});

test('subject finds what patient finds', async () => {
  const patient = await patientOf(northgateBase, 'large');
  const bySubject = await get(`${northgateBase}/Condition?subject=Patient/${patient?.id}`);
  expect(bySubject.total).toBe((await search(northgateBase, 'Condition', 'large')).total);
});

test('a category narrows the observations', async () => {
  const all = await search(northgateBase, 'Observation', 'complete');
  const laboratory = await search(northgateBase, 'Observation', 'complete', '&category=laboratory');
  expect(laboratory.total).toBe(all.total - 1);
});

test('pages follow each other to the last', async () => {
  const ids = new Set<string>();
  let page = await search(northgateBase, 'DiagnosticReport', 'large', '&_count=30');
  for (let pages = 1; pages <= 4; pages++) {
    for (const { resource } of page.entry) ids.add(resource.id);
    const next = page.link.find(({ relation }) => relation === 'next');
    expect(next === undefined).toBe(pages === 4);
    if (next) {
      expect(next.url.startsWith(northgateBase)).toBe(true);
      page = await get(next.url);
    }
  }
  expect(ids.size).toBe(page.total);
});

test('a page is never larger than a hundred', async () => {
  const page = await search(northgateBase, 'Observation', 'large', '&_count=5000');
  expect(page.entry).toHaveLength(100);
  expect(page.link[0]?.url).toContain('_count=100');
});

test('included resources stand beside the matches', async () => {
  const include = '&_include=DiagnosticReport:result&_count=2';
  const { entry } = await search(northgateBase, 'DiagnosticReport', 'large', include);
  expect(entry.map(({ resource, search: { mode } }) => `${resource.resourceType} ${mode}`)).toEqual([
    ...Array(2).fill('DiagnosticReport match'),
    ...Array(6).fill('Observation include'),
  ]);
});

test('an unknown parameter is refused, not ignored', async () => {
  expect(await refusal(`${northgateBase}/Condition?pateint=1`)).toMatch(/^400 .*not-supported/);
  expect(await refusal(`${northgateBase}/Condition?_include=Condition:nothing`)).toMatch(/^400 /);
});

test('types and resources that are not there are not found', async () => {
  expect(await refusal(`${northgateBase}/Basic`)).toMatch(/^404 .*OperationOutcome/);
  expect(await refusal(`${northgateBase}/Patient/nobody`)).toMatch(/^404 .*not-found/);
  expect(await refusal(`${eastfieldBase}/DocumentReference?patient=1`)).toMatch(/^404 /);
});

test('resources are read by id', async () => {
  const patient = await patientOf(northgateBase, 'complete');
  const read: unknown = await get(`${northgateBase}/Patient/${patient?.id}`);
  expect(read).toEqual(patient);
});

test('labels stand on a diagnosis and a document', async () => {
  const labels = async (type: string) =>
    (await search(northgateBase, type, 'labelled')).entry.map(
      ({ resource }) => JSON.stringify(resource.meta).match(/v3-Confidentiality","code":"(\w)"/)?.[1],
    );
  expect(await labels('Condition')).toEqual(['R', undefined]);
  expect(await labels('DocumentReference')).toEqual(['V', undefined]);
});

test('northgate knows a former name and a wrong birth date', async () => {
  const renamed = await patientOf(northgateBase, 'renamed');
  expect(JSON.stringify(renamed?.name)).not.toContain(personIn('renamed').familyName);
  const mistaken = await patientOf(northgateBase, 'wrong-birth-date');
  expect(mistaken?.birthDate).not.toBe(personIn('wrong-birth-date').birthDate);
});

test('northgate holds an allergy that the practice denies', async () => {
  const { entry } = await search(northgateBase, 'AllergyIntolerance', 'no-known-allergies');
  expect(JSON.stringify(entry)).toContain('91936005');
});

test('eastfield indexes the superseded number only', async () => {
  const { nhsNumber, supersededNumbers } = personIn('superseded');
  expect((await get(byNumber(eastfieldBase, nhsNumber))).total).toBe(0);
  expect((await get(byNumber(eastfieldBase, supersededNumbers[0] ?? ''))).total).toBe(1);
});

test('eastfield has lost one record', async () => {
  expect(await patientOf(eastfieldBase, 'no-record')).toBeUndefined();
});

test('eastfield answers with another person for one', async () => {
  const patient = await patientOf(eastfieldBase, 'lying-provider');
  const { nhsNumber, birthDate } = personIn('complete');
  expect(patient).toMatchObject({ birthDate, identifier: [{ value: nhsNumber }] });
});

test('eastfield destroys the socket for one person', async () => {
  const { nhsNumber } = personIn('dead-provider');
  await expect(fetch(byNumber(eastfieldBase, nhsNumber))).rejects.toThrow('fetch failed');
});

test('eastfield keeps one person waiting, and others not', async () => {
  const { nhsNumber } = personIn('slow-provider');
  const abort = new AbortController();
  const slow = fetch(byNumber(eastfieldBase, nhsNumber), { signal: abort.signal }).then(
    () => 'answered',
    () => 'aborted',
  );
  expect(await patientOf(eastfieldBase, 'complete')).toBeDefined();
  abort.abort();
  expect(await slow).toBe('aborted');
});

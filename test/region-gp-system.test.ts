import { afterAll, beforeAll, expect, test } from 'vitest';
import { gpSystem } from './region/gp-system/practices.ts';
import { personIn } from './region/population/find.ts';

interface Resource {
  readonly resourceType: string;
  readonly id?: string;
  readonly title?: string;
  readonly [element: string]: unknown;
}
interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly resources: readonly Resource[];
  readonly text: string;
}
type Parameter = { name: string; part?: object[] };

const app = gpSystem();
let origin = '';
beforeAll(async () => {
  origin = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => app.close());

const resolved = { name: 'includeResolvedAllergies', valueBoolean: true };
const allAreas: Parameter[] = [
  { name: 'includeAllergies', part: [resolved] },
  { name: 'includeMedication', part: [{ name: 'includePrescriptionIssues', valueBoolean: true }] },
  { name: 'includeProblems' },
  { name: 'includeConsultations' },
  { name: 'includeInvestigations' },
  { name: 'includeUncategorisedData' },
];
const interaction = 'urn:nhs:names:services:gpconnect:fhir:operation:gpc.getstructuredrecord-1';

interface Asking {
  readonly parameters?: readonly Parameter[];
  readonly headers?: Record<string, string>;
  readonly practice?: string;
}

async function ask(nhsNumber: string, asking: Asking = {}): Promise<Answer> {
  const { parameters = allAreas, headers = {}, practice = 'G99001' } = asking;
  const identifier = { system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber };
  const parameter = [{ name: 'patientNHSNumber', valueIdentifier: identifier }, ...parameters];
  const base = `${origin}/${practice}/STU3/1/gpconnect/structured/fhir`;
  const response = await fetch(`${base}/Patient/$gpc.getstructuredrecord`, {
    method: 'POST',
    headers: {
      'content-type': 'application/fhir+json;charset=utf-8',
      'Ssp-TraceID': '629ea9ba-a077-4d99-b289-7a9b19fd4e03',
      'Ssp-From': '200000000115',
      'Ssp-To': '200000000116',
      'Ssp-InteractionID': interaction,
      authorization: `Bearer ${token()}`,
      ...headers,
    },
    body: JSON.stringify({ resourceType: 'Parameters', parameter }),
  });
  const text = await response.text();
  const body: { entry?: { resource: Resource }[] } & Resource = JSON.parse(text);
  const resources = body.entry?.map(({ resource }) => resource) ?? [body];
  return { status: response.status, type: response.headers.get('content-type'), resources, text };
}

function token(claims: object = {}, header: object = { alg: 'none', typ: 'JWT' }, signature = ''): string {
  const iat = Math.floor(Date.now() / 1000);
  const payload = {
    iss: 'https://suture.example',
    sub: '1',
    aud: origin,
    iat,
    exp: iat + 300,
    reason_for_request: 'directcare',
    requested_scope: 'patient/*.read',
    requesting_device: { resourceType: 'Device' },
    requesting_organization: { resourceType: 'Organization' },
    requesting_practitioner: { resourceType: 'Practitioner' },
    ...claims,
  };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode(header)}.${encode(payload)}.${signature}`;
}

function ofType({ resources }: Answer, resourceType: string): readonly Resource[] {
  return resources.filter((resource) => resource.resourceType === resourceType);
}

function primaryLists(answer: Answer): readonly Resource[] {
  return ofType(answer, 'List').filter(({ id }) => id === undefined);
}

function sharingCodes(answer: Answer): string[][] {
  return ofType(answer, 'Observation').flatMap((observation) =>
    ['416409005', '417528008']
      .filter((code) => JSON.stringify(observation.code).includes(code))
      .map((code) => [code, String(observation.effectiveDateTime).slice(0, 10)]),
  );
}

test('a practice answers with a bundle of every area', async () => {
  const answer = await ask(personIn('complete').nhsNumber);
  expect(answer.status).toBe(200);
  expect(answer.type).toMatch(/^application\/fhir\+json;/);
  for (const type of ['Patient', 'Condition', 'MedicationStatement', 'MedicationRequest', 'Medication']) {
    expect(ofType(answer, type)).not.toEqual([]);
  }
  for (const type of ['AllergyIntolerance', 'Encounter', 'DiagnosticReport', 'DocumentReference']) {
    expect(ofType(answer, type)).not.toEqual([]);
  }
});

test('every reference within an answer can be followed', async () => {
  const answer = await ask(personIn('complete').nhsNumber);
  const held = new Set(answer.resources.map(({ resourceType, id }) => `${resourceType}/${id}`));
  const references = [...answer.text.matchAll(/"reference":"([^"]+)"/g)].map(([, reference]) => reference);
  expect(references.filter((reference) => !held.has(reference ?? ''))).toEqual([]);
});

test('only the areas asked for are answered', async () => {
  const answer = await ask(personIn('complete').nhsNumber, { parameters: [{ name: 'includeProblems' }] });
  expect(primaryLists(answer).map(({ title }) => title)).toEqual(['Problems']);
  expect(ofType(answer, 'AllergyIntolerance')).toEqual([]);
});

test('an empty list says why it is empty', async () => {
  const parameters = [{ name: 'includeAllergies', part: [resolved] }];
  const answer = await ask(personIn('complete').nhsNumber, { parameters });
  const ended = primaryLists(answer).find(({ title }) => title === 'Ended allergies');
  expect(JSON.stringify(ended?.emptyReason)).toContain('no-content-recorded');
  expect(ended?.note).toEqual([{ text: 'Information not available' }]);
});

test.each([
  ['a missing proxy header', { 'Ssp-From': '' }],
  [
    'another interaction',
    { 'Ssp-InteractionID': 'urn:nhs:names:services:gpconnect:fhir:rest:read:metadata-1' },
  ],
  ['no token', { authorization: '' }],
  ['a signed token', { authorization: `Bearer ${token({}, { alg: 'HS256', typ: 'JWT' }, 'c2ln')}` }],
  [
    'a token for ten minutes',
    { authorization: `Bearer ${token({ exp: Math.floor(Date.now() / 1000) + 600 })}` },
  ],
  ['a token for research', { authorization: `Bearer ${token({ reason_for_request: 'secondaryuses' })}` }],
  ['a token without practitioner', { authorization: `Bearer ${token({ requesting_practitioner: null })}` }],
])('%s is a bad request', async (_what, headers) => {
  const answer = await ask(personIn('complete').nhsNumber, { headers });
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('"code":"BAD_REQUEST"');
});

test('a token about a wrong resource is unprocessable', async () => {
  const authorization = `Bearer ${token({ requesting_device: { resourceType: 'Patient' } })}`;
  const answer = await ask(personIn('complete').nhsNumber, { headers: { authorization } });
  expect(answer.status).toBe(422);
  expect(answer.text).toContain('"code":"INVALID_RESOURCE"');
});

test('plain JSON is not accepted', async () => {
  const headers = { 'content-type': 'application/json' };
  expect((await ask(personIn('complete').nhsNumber, { headers })).status).toBe(415);
});

test('a mandatory part must be given', async () => {
  const answer = await ask(personIn('complete').nhsNumber, { parameters: [{ name: 'includeAllergies' }] });
  expect(answer.status).toBe(422);
  expect(answer.text).toContain('"code":"INVALID_PARAMETER"');
});

test('a number with a wrong check digit is refused', async () => {
  const answer = await ask('9990000001');
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('"code":"INVALID_NHS_NUMBER"');
});

test.each([
  ['deceased', 'G99001'],
  ['restricted', 'G99001'],
  ['hilltop', 'G99001'],
  ['complete', 'G99002'],
])('%s is not found at %s', async (situation, practice) => {
  const answer = await ask(personIn(situation).nhsNumber, { practice });
  expect(answer.status).toBe(404);
  expect(answer.text).toContain('"code":"PATIENT_NOT_FOUND"');
});

test('the second practice answers for its own patients', async () => {
  const answer = await ask(personIn('hilltop').nhsNumber, { practice: 'G99002' });
  expect(JSON.stringify(ofType(answer, 'Organization'))).toContain('Hilltop Medical Practice');
});

test('what a patient said of sharing is uncategorised data', async () => {
  expect(sharingCodes(await ask(personIn('gp-dissent').nhsNumber))).toEqual([
    ['417528008', '2019-03-04'],
    ['416409005', '2024-06-18'],
  ]);
  const sameDay = sharingCodes(await ask(personIn('gp-dissent-same-day').nhsNumber));
  expect(new Set(sameDay.map(([, date]) => date)).size).toBe(1);
  expect(sharingCodes(await ask(personIn('complete').nhsNumber))).toEqual([]);
});

test.each([
  ['in-transit', 'data-in-transit', 'record transfer'],
  ['awaiting-filing', 'data-awaiting-filing', 'awaiting review'],
  ['all-confidential', 'confidential-items', 'Items excluded'],
])('%s warns on every list', async (situation, code, words) => {
  const lists = primaryLists(await ask(personIn(situation).nhsNumber));
  expect(lists.length).toBeGreaterThan(5);
  for (const list of lists) {
    expect(JSON.stringify(list.extension)).toContain(code);
    expect(JSON.stringify(list.note)).toContain(words);
  }
});

test('a record of confidential items only is empty', async () => {
  const answer = await ask(personIn('all-confidential').nhsNumber);
  expect(primaryLists(answer).every(({ emptyReason }) => emptyReason !== undefined)).toBe(true);
  expect(ofType(answer, 'Condition')).toEqual([]);
});

test('an area switched off is a warning beside the others', async () => {
  const answer = await ask(personIn('switched-off').nhsNumber);
  expect(answer.status).toBe(200);
  expect(JSON.stringify(ofType(answer, 'OperationOutcome'))).toContain(
    '"diagnostics":"includeInvestigations"',
  );
  expect(ofType(answer, 'DiagnosticReport')).toEqual([]);
  expect(ofType(answer, 'Condition')).not.toEqual([]);
});

test('one problem is not for the patient to see', async () => {
  const problems = ofType(await ask(personIn('labelled').nhsNumber), 'Condition');
  expect(problems.map((problem) => JSON.stringify(problem.meta).includes('NOPAT'))).toEqual([true, false]);
});

test('no known allergy stands in the list of allergies', async () => {
  const answer = await ask(personIn('no-known-allergies').nhsNumber);
  expect(JSON.stringify(ofType(answer, 'AllergyIntolerance'))).toContain('716186003');
});

test('the large record comes whole', async () => {
  const answer = await ask(personIn('large').nhsNumber);
  expect(ofType(answer, 'MedicationStatement')).toHaveLength(600);
  expect(ofType(answer, 'DiagnosticReport')).toHaveLength(600);
  expect(answer.text.length).toBeLessThan(10_000_000);
});

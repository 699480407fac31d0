import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccessContext } from '../consent-policy/access-context.ts';
import type { Section } from '../consent-policy/vocabulary.ts';
import type { SectionAnswer } from '../subgraphs/care-record/provider/connector.ts';
import { fhirR4 } from '../subgraphs/care-record/provider/connectors/fhir-r4/connect.ts';
import { SystemFault, systemHttp } from '../subgraphs/care-record/provider/system-http.ts';
import { warnings } from '../subgraphs/care-record/provider/warnings.ts';

const nhsNumber = '9991234578';
const formerNumber = '9991234586';
const subject = { reference: 'Patient/p1' };
const wholeRecord: readonly Section[] = fhirR4.sections;

// --- a FHIR server that plays back what a test gives it ---

type Playback = Readonly<Record<string, unknown>>;
const servers: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

interface Played {
  readonly baseUrl: string;
  readonly asked: string[];
}

/** Answers by resource type: a list of resources, a whole body, or a function of query and reply. */
async function playing(playback: Playback): Promise<Played> {
  const asked: string[] = [];
  const server = fastify({ forceCloseConnections: true });
  servers.push(server);
  server.get<{ Params: { type: string }; Querystring: Record<string, string> }>(
    '/r4/:type',
    async (request, reply) => {
      asked.push(decodeURIComponent(request.url));
      const played = playback[request.params.type] ?? (request.params.type === 'Patient' ? [patient()] : []);
      const answer = typeof played === 'function' ? await played(request.query, reply) : played;
      return Array.isArray(answer) ? bundle(answer) : answer;
    },
  );
  const address = await server.listen({ port: 0, host: '127.0.0.1' });
  return { baseUrl: `${address}/r4`, asked };
}

async function answers(
  playback: Playback,
  wanted: readonly Section[] = ['problems'],
  signal: AbortSignal = AbortSignal.timeout(5000),
): Promise<Record<string, SectionAnswer>> {
  const { baseUrl } = await playing(playback);
  return ask(baseUrl, wanted, signal);
}

async function ask(baseUrl: string, wanted: readonly Section[], signal = AbortSignal.timeout(5000)) {
  const http = systemHttp({ baseUrl, authorization: null, signal, limitBytes: 10_000_000 });
  const read = fhirR4.read({ http, odsCode: 'RXX01', access, now: new Date(0) }, wanted);
  const settled = await Promise.all(
    [...read].map(async ([section, answer]) => [section, await answer.catch(asAnswer)] as const),
  );
  return Object.fromEntries(settled);
}

/** As the provider subgraph says it. */
function asAnswer(fault: unknown): SectionAnswer {
  if (!(fault instanceof SystemFault)) throw fault;
  return { state: fault.state, warnings: [], dissent: 'none', entries: [] };
}

const access: AccessContext = {
  requester: {
    userId: 'u1',
    role: 'doctor',
    roleCode: null,
    roleProfileId: null,
    organisation: 'RXX01',
    groups: [],
  },
  purpose: 'TREAT',
  training: 'current',
  relationship: 'encounter',
  patient: {
    nhsNumber,
    formerNhsNumbers: [formerNumber],
    birthDate: '1962-04-01',
    familyName: 'Bracken',
    state: 'ordinary',
    registeredPractice: null,
  },
  dissent: 'none',
  correlationId: 'c1',
};

function patient(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    resourceType: 'Patient',
    id: 'p1',
    identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber }],
    name: [{ use: 'official', family: 'Bracken' }],
    birthDate: '1962-04-01',
    ...changes,
  };
}

function bundle(resources: readonly unknown[], changes: Readonly<Record<string, unknown>> = {}) {
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    entry: resources.map((resource) => ({ resource, search: { mode: 'match' } })),
    ...changes,
  };
}

function condition(id: string, changes: Readonly<Record<string, unknown>> = {}) {
  return { resourceType: 'Condition', id, subject, code: { text: `problem ${id}` }, ...changes };
}

function refusal(status: number, code: string) {
  return (_query: unknown, reply: FastifyReply) =>
    reply
      .code(status)
      .send({ resourceType: 'OperationOutcome', issue: [{ details: { coding: [{ code }] } }] });
}

function states(read: Readonly<Record<string, SectionAnswer>>): Record<string, string> {
  return Object.fromEntries(Object.entries(read).map(([section, { state }]) => [section, state]));
}

const all = (state: string) => Object.fromEntries(wholeRecord.map((section) => [section, state]));

describe('finding the patient', () => {
  it('answers every section of a patient found', async () => {
    expect(states(await answers({}, wholeRecord))).toEqual(all('COMPLETE'));
  });

  it('gives no record for an unknown number', async () => {
    expect(states(await answers({ Patient: [] }, wholeRecord))).toEqual(all('NO_RECORD_GIVEN'));
  });

  it('finds a record kept under a former number', async () => {
    const old = patient({
      identifier: [{ system: 'http://fhir.nhs.net/Id/nhs-number', value: formerNumber }],
    });
    const byNumber = ({ identifier }: { identifier: string }) =>
      identifier.endsWith(formerNumber) ? [old] : [];
    const { problems } = await answers({ Patient: byNumber });
    expect(problems).toMatchObject({ state: 'COMPLETE', warnings: [warnings.formerNumber] });
  });

  it('chooses nobody between two active patients', async () => {
    const twice = [patient(), patient({ id: 'p2' })];
    expect(states(await answers({ Patient: twice }))).toEqual({ problems: 'NO_RECORD_GIVEN' });
  });

  it('passes over an inactive duplicate', async () => {
    const twice = [patient({ id: 'p0', active: false }), patient()];
    expect(states(await answers({ Patient: twice }))).toEqual({ problems: 'COMPLETE' });
  });

  it('refuses a patient with another birth date', async () => {
    const other = [patient({ birthDate: '1962-04-02' })];
    expect(states(await answers({ Patient: other }, wholeRecord))).toEqual(all('INVALID_ANSWER'));
  });

  it.each([
    ['another', '9991234594', 'INVALID_ANSWER'],
    ['a former', formerNumber, 'COMPLETE'],
    ['the same', '999 123 4578', 'COMPLETE'],
  ])('takes a patient with %s number besides as %s: %s', async (_which, value, state) => {
    const numbered = patient({ identifier: [identifierOf(nhsNumber), identifierOf(value)] });
    expect(states(await answers({ Patient: [numbered] }))).toEqual({ problems: state });
  });

  it('chooses nobody between two versions of one patient', async () => {
    const versions = [patient(), patient({ birthDate: '1962' })];
    expect(states(await answers({ Patient: versions }))).toEqual({ problems: 'NO_RECORD_GIVEN' });
    expect(states(await answers({ Patient: [patient(), patient()] }))).toEqual({ problems: 'COMPLETE' });
  });

  it.each(['', '1', '19', '1962-13'])('checks no birth date of %j', async (birthDate) => {
    const { problems } = await answers({ Patient: [patient({ birthDate })] });
    expect(problems).toMatchObject({ state: 'COMPLETE', warnings: [warnings.birthDateMissing] });
  });

  it('withholds everything when the patient dissents', async () => {
    const read = await answers({ Patient: refusal(403, 'NO_PATIENT_CONSENT') }, wholeRecord);
    expect(states(read)).toEqual(all('WITHHELD'));
  });

  it('asks only for the sections wanted', async () => {
    const { baseUrl, asked } = await playing({});
    await ask(baseUrl, ['allergies', 'socialCare']);
    expect(asked).toEqual([
      `/r4/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|${nhsNumber}`,
      '/r4/AllergyIntolerance?patient=p1&_count=200',
    ]);
  });
});

describe('reading a section', () => {
  it('follows every page of a search', async () => {
    const pages = ({ page = '0' }: { page?: string }) =>
      bundle([condition(`c${page}`)], {
        total: 3,
        link: page === '2' ? [] : [{ relation: 'next', url: `/r4/Condition?page=${Number(page) + 1}` }],
      });
    const { problems } = await answers({ Condition: pages });
    expect(problems?.state).toBe('COMPLETE');
    expect(problems?.entries.map(({ localId }) => localId)).toEqual([
      'Condition/c0',
      'Condition/c1',
      'Condition/c2',
    ]);
  });

  it('refuses a next page at another origin', async () => {
    const elsewhere = await playing({ Condition: [condition('c2')] });
    const link = [{ relation: 'next', url: `${elsewhere.baseUrl}/Condition?page=2` }];
    const { problems } = await answers({ Condition: bundle([condition('c1')], { link }) });
    expect(problems).toMatchObject({ state: 'INVALID_ANSWER', entries: [] });
    expect(elsewhere.asked).toEqual([]);
  });

  it('refuses a next page that leads back', async () => {
    const link = [{ relation: 'next', url: '/r4/Condition?page=1' }];
    expect(states(await answers({ Condition: bundle([], { link }) }))).toEqual({
      problems: 'INVALID_ANSWER',
    });
  });

  it('stops after fifty pages and says so', async () => {
    let pages = 0;
    const endless = () => {
      pages += 1;
      return bundle([condition(`c${pages}`)], {
        link: [{ relation: 'next', url: `/r4/Condition?page=${pages}` }],
      });
    };
    const { problems } = await answers({ Condition: endless });
    expect(problems).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.readToLimit] });
    expect(problems?.entries).toHaveLength(50);
  });

  it.each([
    ['another patient', condition('c1', { subject: { reference: 'Patient/p2' } })],
    ['nobody', condition('c1', { subject: undefined })],
    [
      'another NHS number',
      condition('c1', { subject: { ...subject, identifier: identifierOf('9991234594') } }),
    ],
    [
      'another NHS number, as a number',
      condition('c1', { subject: { ...subject, identifier: { ...identifierOf(''), value: 9991234594 } } }),
    ],
    ['two patients', condition('c1', { patient: { reference: 'Patient/p2' } })],
    [
      'another patient within it',
      condition('c1', { contained: [observation('o', { subject: { reference: 'Patient/p2' } })] }),
    ],
    [
      'another NHS number within it',
      condition('c1', {
        contained: [observation('o', { subject: { identifier: identifierOf('9991234594') } })],
      }),
    ],
    ['the same id elsewhere', condition('c1', { subject: { reference: 'https://else.example/Patient/p1' } })],
  ])('refuses a section with a problem of %s', async (_whose, resource) => {
    const read = await answers({ Condition: [condition('c0'), resource] }, ['problems', 'allergies']);
    expect(states(read)).toEqual({ problems: 'INVALID_ANSWER', allergies: 'COMPLETE' });
    expect(read.problems?.entries).toEqual([]);
  });

  it('knows the patient by NHS number alone', async () => {
    const logical = condition('c1', { subject: { identifier: identifierOf(nhsNumber) } });
    expect(states(await answers({ Condition: [logical] }))).toEqual({ problems: 'COMPLETE' });
  });

  it('knows absolute references under the server’s own address', async () => {
    const address = 'https://fhir.northgate.example/r4';
    const found = bundle([], { entry: [{ fullUrl: `${address}/Patient/p1`, resource: patient() }] });
    const absolute = condition('c1', { subject: { reference: `${address}/Patient/p1` } });
    expect(states(await answers({ Patient: found, Condition: [absolute] }))).toEqual({
      problems: 'COMPLETE',
    });
  });

  it.each([
    ['a resource that was not searched for', bundle([{ resourceType: 'Flag', id: 'f1', subject }])],
    ['a resource without an id', bundle([{ resourceType: 'Condition', subject }])],
    ['something else than a searchset', { resourceType: 'OperationOutcome', issue: [] }],
    ['a list', [[]]],
    ['links that are no list', bundle([], { link: { relation: 'next', url: '/r4/Condition?page=2' } })],
    ['a next page without an address', bundle([], { link: [{ relation: 'next', url: { page: 2 } }] })],
    ['two next pages', bundle([], { link: ['2', '3'].map((url) => ({ relation: 'next', url })) })],
    ['a total that is no number', bundle([], { total: '5' })],
  ])('refuses %s', async (_what, body) => {
    expect(states(await answers({ Condition: body }))).toEqual({ problems: 'INVALID_ANSWER' });
  });

  it('says when the source calls its search incomplete', async () => {
    const outcome = {
      resource: { resourceType: 'OperationOutcome', issue: [] },
      search: { mode: 'outcome' },
    };
    const entry = [{ resource: condition('c1'), search: { mode: 'match' } }, outcome];
    const { problems } = await answers({ Condition: bundle([], { entry }) });
    expect(problems).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.searchIncomplete] });
    expect(problems?.entries).toHaveLength(1);
  });

  it('says when fewer came than were counted', async () => {
    const { problems } = await answers({ Condition: bundle([condition('c1')], { total: 2 }) });
    expect(problems).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.searchIncomplete] });
  });

  it('counts a resource that came twice once', async () => {
    const twice = bundle([condition('c1'), condition('c1')], { total: 2 });
    const { problems } = await answers({ Condition: twice });
    expect(problems).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.searchIncomplete] });
    expect(problems?.entries).toHaveLength(1);
  });

  it('says when two that differ came under one id', async () => {
    const [first, second] = [condition('c1'), condition('c1', { code: { text: 'another' } })];
    const { problems } = await answers({ Condition: [first, second] });
    expect(problems).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.unreadableEntries] });
    expect(problems?.entries.map(({ item }) => item.code)).toMatchObject([{ text: 'problem c1' }]);
  });

  it('keeps every digit of a result', async () => {
    const sent = ['5.10', '12345678901234567890.10', '0.0000001', '7', '1e999'];
    const numbered = sent.map((_, at) => observation(`o${at}`, { valueQuantity: { value: `@${at}` } }));
    const body = JSON.stringify(bundle(numbered)).replaceAll(/"@(\d)"/g, (_, at) => sent[Number(at)] ?? '');
    const { results } = await answers({ Observation: () => body }, ['results']);
    expect(results?.entries.map(({ item }) => item.value)).toEqual([...sent.slice(0, 4), null]);
    expect(results).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.unreadableEntries] });
  });

  it('says when the bundle was redacted', async () => {
    const meta = { security: [{ code: 'REDACTED' }] };
    expect(states(await answers({ Condition: bundle([condition('c1')], { meta }) }))).toEqual({
      problems: 'PARTLY_WITHHELD',
    });
  });

  it.each([
    [403, 'NO_PATIENT_CONSENT', 'WITHHELD'],
    [401, 'ACCESS_DENIED', 'WITHHELD'],
    [403, 'OTHER', 'UNAVAILABLE'],
    [404, 'ACCESS_DENIED', 'UNAVAILABLE'],
    [410, 'OTHER', 'UNAVAILABLE'],
    [429, 'OTHER', 'UNAVAILABLE'],
    [500, 'OTHER', 'UNAVAILABLE'],
  ])('answers a %i with %s as one failed section', async (status, code, state) => {
    const read = await answers({ Condition: refusal(status, code) }, ['problems', 'allergies']);
    expect(states(read)).toEqual({ problems: state, allergies: 'COMPLETE' });
  });

  it('answers fast sections while a slow one waits', async () => {
    const never = () => new Promise(() => {});
    const read = await answers({ Condition: never }, wholeRecord, AbortSignal.timeout(400));
    expect(states(read)).toEqual({ ...all('COMPLETE'), problems: 'TIMED_OUT' });
  });

  it('shows requests where statements could not be read', async () => {
    const request = {
      resourceType: 'MedicationRequest',
      id: 'm1',
      subject,
      medicationCodeableConcept: { text: 'x' },
    };
    const { medications } = await answers(
      { MedicationRequest: [request], MedicationStatement: refusal(500, 'OTHER') },
      ['medications'],
    );
    expect(medications).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.partlyUnavailable] });
    expect(medications?.entries).toHaveLength(1);
  });
});

describe('reading what an entry is made of', () => {
  const requests = Array.from({ length: 60 }, (_, index) => ({
    resourceType: 'MedicationRequest',
    id: `m${index}`,
    subject,
    medicationReference: { reference: `Medication/d${index}` },
    requester: { reference: 'Practitioner/a' },
  }));
  const medicine = (id: string) => ({ resourceType: 'Medication', id, code: { text: `medicine ${id}` } });
  const byIds = ({ _id }: { _id: string }) => _id.split(',').map(medicine);
  const prescriber = [{ resourceType: 'Practitioner', id: 'a', name: [{ prefix: ['Dr'], family: 'Fern' }] }];

  it('reads medicines and prescribers by id, many at once', async () => {
    const { baseUrl, asked } = await playing({
      MedicationRequest: requests,
      Medication: byIds,
      Practitioner: prescriber,
    });
    const { medications } = await ask(baseUrl, ['medications']);
    expect(medications?.state).toBe('COMPLETE');
    expect(medications?.entries[59]?.item).toMatchObject({
      code: { text: 'medicine d59' },
      prescriber: 'Dr Fern',
    });
    expect(asked.filter((url) => url.startsWith('/r4/Medication?'))).toHaveLength(2);
    expect(asked.filter((url) => url.startsWith('/r4/Practitioner?'))).toHaveLength(1);
  });

  it('names places that are referred to without a name', async () => {
    const visit = {
      resourceType: 'Encounter',
      id: 'e1',
      subject,
      location: [{ location: { reference: 'Location/ward' } }],
    };
    const ward = { resourceType: 'Location', id: 'ward', name: 'Ward 4' };
    const { encounters } = await answers({ Encounter: [visit], Location: [ward] }, ['encounters']);
    expect(encounters?.entries[0]?.item.location).toBe('Ward 4');
  });

  it('goes on without names that take too long', async () => {
    const playback = {
      MedicationRequest: requests,
      Medication: byIds,
      Practitioner: () => new Promise(() => {}),
    };
    const { medications } = await answers(playback, ['medications']);
    expect(medications?.state).toBe('COMPLETE');
    expect(medications?.entries[0]?.item).toMatchObject({ code: { text: 'medicine d0' }, prescriber: null });
  });

  it('says when a medicine could not be read', async () => {
    const { medications } = await answers(
      {
        MedicationRequest: requests.slice(0, 2),
        Medication: [medicine('d0')],
        Practitioner: refusal(404, ''),
      },
      ['medications'],
    );
    expect(medications?.state).toBe('INCOMPLETE');
    expect(medications?.warnings).toContain(warnings.partlyUnavailable);
    expect(medications?.entries.map(({ item }) => item.code)).toEqual([
      { text: 'medicine d0', codings: [] },
      null,
    ]);
  });

  it('reads results that a report names and the search did not give', async () => {
    const report = {
      resourceType: 'DiagnosticReport',
      id: 'r1',
      subject,
      result: [{ reference: 'Observation/group' }],
    };
    const observations: Record<string, unknown> = {
      group: observation('group', { hasMember: [{ reference: 'Observation/leaf' }] }),
      leaf: observation('leaf', { valueQuantity: { value: 4.1, unit: 'mmol/L' } }),
    };
    const found = ({ _id }: { _id?: string }) => _id?.split(',').map((id) => observations[id]) ?? [];
    const { results } = await answers({ DiagnosticReport: [report], Observation: found }, ['results']);
    expect(results?.state).toBe('COMPLETE');
    expect(results?.entries).toHaveLength(1);
    expect(results?.entries[0]?.item.members).toMatchObject([
      { code: { text: 'group' }, value: null },
      { code: { text: 'leaf' }, value: '4.1', unit: 'mmol/L' },
    ]);
  });

  it.each(['reference', 'contained'])('refuses a %s result of another patient in a part', async (way) => {
    const report = {
      resourceType: 'DiagnosticReport',
      id: 'r1',
      subject,
      result: [{ reference: 'Observation/o' }],
    };
    const stranger = observation('p', { subject: { reference: 'Patient/p2' } });
    const part =
      way === 'contained'
        ? observation('o', { contained: [stranger], hasMember: [{ reference: '#p' }] })
        : observation('o', { hasMember: [{ reference: 'Observation/p' }] });
    const found = ({ _id }: { _id?: string }) => (_id === 'o' ? [part] : _id === 'p' ? [stranger] : []);
    const read = await answers({ DiagnosticReport: [report], Observation: found }, ['results']);
    expect(states(read)).toEqual({ results: 'INVALID_ANSWER' });
  });

  it('refuses a result of another patient behind a report', async () => {
    const report = {
      resourceType: 'DiagnosticReport',
      id: 'r1',
      subject,
      result: [{ reference: 'Observation/o' }],
    };
    const stranger = observation('o', { subject: { reference: 'Patient/p2' } });
    const found = ({ _id }: { _id?: string }) => (_id === undefined ? [] : [stranger]);
    expect(states(await answers({ DiagnosticReport: [report], Observation: found }, ['results']))).toEqual({
      results: 'INVALID_ANSWER',
    });
  });
});

function identifierOf(value: string) {
  return { system: 'https://fhir.nhs.uk/Id/nhs-number', value };
}

function observation(id: string, changes: Readonly<Record<string, unknown>> = {}) {
  return { resourceType: 'Observation', id, subject, code: { text: id }, ...changes };
}

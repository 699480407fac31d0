import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { execute, parse } from 'graphql';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { AccessContext } from '../consent-policy/access-context.ts';
import { loadPolicy } from '../consent-policy/policy.ts';
import { createSigner } from '../consent-policy/signature.ts';
import type { Section } from '../consent-policy/vocabulary.ts';
import type { Connector, SectionAnswer } from '../subgraphs/care-record/provider/connector.ts';
import { HostConfigFault, readHostConfig } from '../subgraphs/care-record/provider/host-config.ts';
import { entryIds } from '../subgraphs/care-record/provider/member-section.ts';
import { buildProviderHost } from '../subgraphs/care-record/provider/provider-host.ts';
import { providerSubgraph } from '../subgraphs/care-record/provider/provider-subgraph.ts';
import { sectionLoader } from '../subgraphs/care-record/provider/section-loader.ts';
import { SystemFault, systemHttp } from '../subgraphs/care-record/provider/system-http.ts';
import { warnings } from '../subgraphs/care-record/provider/warnings.ts';
import { type RegisterEntry, readRegisterEntry } from '../subgraphs/care-record/register-entry.ts';
import { gpSystem } from './region/gp-system/practices.ts';
import { personIn } from './region/population/find.ts';
import { startProgram } from './region/processes.ts';

const policy = loadPolicy();
const issuer = 'https://gateway.example';
const signer = createSigner(issuer);
const entryIdKey = 'an-invented-key-of-enough-characters-0123';
const nhsNumber = '9990000026';
const otherNumber = '9990000034';

const access: AccessContext = {
  requester: {
    userId: 'user-1',
    role: 'doctor',
    roleCode: 'R8000',
    roleProfileId: 'profile-1',
    organisation: 'RXX09',
    groups: ['ICS-NORTH'],
  },
  purpose: 'TREAT',
  training: 'current',
  relationship: 'encounter',
  patient: {
    nhsNumber,
    formerNhsNumbers: [],
    birthDate: '1962-04-01',
    familyName: 'Brackwater',
    state: 'ordinary',
    registeredPractice: 'G99001',
  },
  dissent: 'none',
  correlationId: '6f6f0d3c-7a43-4d0f-9d6e-0a8d3c1c1b1a',
};

// --- the provider's own system, and the gateway's keys ---

type Resources = readonly Record<string, unknown>[];
/** What the system answers by resource type; a promise that is pending is a search that hangs. */
let holds: Record<string, Resources | Promise<Resources>> = {};
let searched: { url: string; authorization: string | undefined }[] = [];
let system: FastifyInstance;
let systemAddress: string;
let practices: FastifyInstance;
let practicesAddress: string;
let keys: FastifyInstance;
let keysUrl: string;

const subject = { reference: 'Patient/p1' };
const searchset = (resources: Resources) => ({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: resources.map((resource) => ({ resource, search: { mode: 'match' } })),
});
const patientResource = {
  resourceType: 'Patient',
  id: 'p1',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber }],
  name: [{ use: 'official', family: 'Brackwater' }],
  birthDate: '1962-04-01',
};
function condition(id: string, onsetDateTime: string, label?: string) {
  const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: label }];
  return {
    resourceType: 'Condition',
    id,
    subject,
    code: { text: `Diverticulitis ${id}` },
    onsetDateTime,
    ...(label && { meta: { security } }),
  };
}

beforeAll(async () => {
  system = fastify({ forceCloseConnections: true });
  system.get<{ Params: { type: string } }>('/r4/:type', async ({ params, url, headers }) => {
    searched.push({ url, authorization: headers.authorization });
    return searchset((await holds[params.type]) ?? (params.type === 'Patient' ? [patientResource] : []));
  });
  systemAddress = await system.listen({ port: 0, host: '127.0.0.1' });
  practices = gpSystem();
  practicesAddress = await practices.listen({ port: 0, host: '127.0.0.1' });
  keys = fastify();
  keys.get('/.well-known/jwks.json', async () => signer.jwks());
  keysUrl = `${await keys.listen({ port: 0, host: '127.0.0.1' })}/.well-known/jwks.json`;
});
afterAll(async () => {
  await Promise.all([system.close(), practices.close(), keys.close()]);
});
beforeEach(() => {
  holds = {};
  searched = [];
});

// --- the host ---

const entryValue = (provider: string, odsCode: string, more: Record<string, unknown> = {}) => ({
  provider,
  organisation: {
    odsCode,
    name: `The ${provider}`,
    controller: 'Controller',
    contacts: {
      dataProtectionOfficer: 'a@b.example',
      caldicottGuardian: 'a@b.example',
      clinicalSafetyOfficer: 'a@b.example',
    },
  },
  careSetting: 'ACUTE',
  system: { connector: 'fhir-r4', baseUrl: `${systemAddress}/r4`, credentials: 'NORTHGATE_CREDENTIALS' },
  locate: 'pointers',
  sections: ['PROBLEMS', 'MEDICATIONS', 'ALLERGIES'],
  sharing: {
    agreement: 'DSA-1',
    purposes: ['TREAT', 'PATRQT'],
    signatories: ['ICS-NORTH'],
    partners: ['ICS-NORTH'],
    leads: { subjectAccess: 'a', breach: 'b', indemnity: 'c' },
    validUntil: '2099-01-01',
    withheldNotice: 'STATED',
  },
  retention: { period: '8 years', basis: 'code', storedAt: 'here' },
  limits: { timeoutMs: 3000, concurrency: 4, itemsPerSection: 100, bytes: 1_000_000 },
  ...more,
});

function entryOf(value: Record<string, unknown>): RegisterEntry {
  const read = readRegisterEntry(stringify(value));
  if (!('entry' in read)) throw new Error(JSON.stringify(read.problems));
  return read.entry;
}

const northgate = (more: Record<string, unknown> = {}) => entryOf(entryValue('northgate', 'RXX01', more));
const eastfield = () =>
  entryOf(
    entryValue('eastfield', 'RXX02', { system: { connector: 'fhir-r4', baseUrl: `${systemAddress}/r4` } }),
  );
const practice = () =>
  entryOf(
    entryValue('riverside', 'G99001', {
      careSetting: 'PRIMARY_CARE',
      system: {
        connector: 'gp-connect',
        baseUrl: `${practicesAddress}/G99001/STU3/1/gpconnect/structured/fhir`,
      },
    }),
  );

const hosts: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

async function hosting(entries: readonly RegisterEntry[], env: Record<string, string> = {}): Promise<string> {
  const { config, secrets } = readHostConfig({
    PUBLIC_URL: issuer,
    GATEWAY_JWKS_URL: keysUrl,
    ENTRY_ID_KEY: entryIdKey,
    NORTHGATE_CREDENTIALS: 'system-secret',
    LOG_LEVEL: 'silent',
    ...env,
  });
  const host = buildProviderHost(entries, policy, config, secrets);
  hosts.push(host);
  return host.listen({ port: 0, host: '127.0.0.1' });
}

const section =
  '{ items { id source { organisation { odsCode name } retrievedAt } } keys { id order label } reports { state message warnings items organisation { odsCode } } }';
const question = `query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Patient {
  nhsNumber problems ${section.replace('items { id', 'items { id code { text }')} allergies ${section} } } }`;
const aboutPatient = { representations: [{ __typename: 'Patient', nhsNumber }] };

interface MemberSection {
  readonly items: { id: string; code?: { text: string }; source: { organisation: { odsCode: string } } }[];
  readonly keys: { id: string; order: string | null; label: string }[];
  readonly reports: { state: string; warnings: string[]; items: number }[];
}
interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: {
    readonly data?: {
      readonly _entities?: (Record<string, MemberSection> | null)[];
      readonly _service?: unknown;
      readonly __schema?: unknown;
    } | null;
    readonly errors?: readonly { message: string; path?: unknown; extensions: { code: string } }[];
  };
}

interface Sending {
  readonly provider?: string;
  readonly token?: string | null;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly timeoutMs?: number;
}

async function send(
  address: string,
  { provider = 'northgate', token, body, headers = {}, timeoutMs = 5000 }: Sending = {},
): Promise<Answer> {
  const bearer = token === undefined ? signer.sign(access, provider) : token;
  const response = await fetch(`${address}/${provider}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    body: JSON.stringify(body ?? { query: question, variables: aboutPatient }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) };
}

/** Asks as somebody, about the patient of their access context. */
async function ask(
  address: string,
  asker: AccessContext = access,
  provider = 'northgate',
): Promise<Record<string, MemberSection>> {
  const representations = [{ __typename: 'Patient', nhsNumber: asker.patient.nhsNumber }];
  const { json } = await send(address, {
    provider,
    token: signer.sign(asker, provider),
    body: { query: question, variables: { representations } },
  });
  const patient = json.data?._entities?.[0];
  if (!patient) throw new Error(`no answer: ${JSON.stringify(json)}`);
  return patient;
}
const stateOf = (answered: MemberSection | undefined) => answered?.reports.map(({ state }) => state).join();
const titles = (answered: MemberSection | undefined) => answered?.items.map(({ code }) => code?.text);

describe('a provider subgraph', () => {
  it('answers the member contract from the provider’s own system', async () => {
    holds = { Condition: [condition('c1', '2020-01-01'), condition('c2', '2021')] };
    const { problems, allergies } = await ask(await hosting([northgate()]));
    expect(titles(problems)).toEqual(['Diverticulitis c1', 'Diverticulitis c2']);
    expect(problems?.keys).toEqual([
      { id: problems?.items[0]?.id, order: '2020-01-01', label: 'none' },
      { id: problems?.items[1]?.id, order: '2021', label: 'none' },
    ]);
    expect(problems?.items[0]?.source.organisation).toEqual({ odsCode: 'RXX01', name: 'The northgate' });
    expect(problems?.reports).toMatchObject([
      { state: 'COMPLETE', items: 2, warnings: [], organisation: { odsCode: 'RXX01' } },
    ]);
    expect(allergies).toMatchObject({ items: [], keys: [], reports: [{ state: 'COMPLETE', items: 0 }] });
  });

  it('shows its own credentials to the system, never the token', async () => {
    const address = await hosting([northgate(), eastfield()]);
    await ask(address);
    expect(new Set(searched.map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer system-secret']),
    );
    searched = [];
    await ask(address, access, 'eastfield');
    expect(new Set(searched.map(({ authorization }) => authorization))).toEqual(new Set([undefined]));
  });

  it('reads a section once, under however many names', async () => {
    const query = `query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Patient {
      a: problems { items { id } } b: problems { keys { id } } } } }`;
    await send(await hosting([northgate()]), { body: { query, variables: aboutPatient } });
    expect(searched.map(({ url }) => url.split('?')[0]).toSorted()).toEqual(['/r4/Condition', '/r4/Patient']);
  });
});

describe('without a current access context for that provider', () => {
  const [header = '', payload = '', signature = ''] = signer.sign(access, 'northgate').split('.');
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const secondsAgo = (seconds: number) => () => new Date(Date.now() - seconds * 1000);
  const tokens: Record<string, string | null> = {
    'no token': null,
    'an empty one': '',
    'a word': 'token',
    'one for another provider': signer.sign(access, 'eastfield'),
    'one for every provider': `${header}.${encode({ ...claims, aud: ['northgate', 'eastfield'] })}.${signature}`,
    'one from another issuer': createSigner('https://elsewhere.example').sign(access, 'northgate'),
    'one signed by somebody else': createSigner(issuer).sign(access, 'northgate'),
    'no signature': `${encode({ alg: 'none', typ: 'suture-access+jwt' })}.${payload}.`,
    'an emptied signature': `${header}.${payload}.`,
    'a changed patient': `${header}.${encode({ ...claims, access: { ...access, patient: { ...access.patient, nhsNumber: otherNumber } } })}.${signature}`,
  };

  it.each(Object.keys(tokens))('(%s) nothing is answered', async (which) => {
    holds = { Condition: [condition('c1', '2020')] };
    const address = await hosting([northgate(), eastfield()]);
    for (const body of [
      undefined,
      { query: '{ _service { sdl } }' },
      { query: '{ __schema { types { name } } }' },
      { query: '{ __typename }' },
      {},
      { query: '{' },
    ]) {
      const { status, text } = await send(address, { token: tokens[which] ?? null, body });
      expect([status, text]).toEqual([
        401,
        '{"errors":[{"message":"refused","extensions":{"code":"ACCESS_CONTEXT_REFUSED"}}]}',
      ]);
    }
    expect(searched).toEqual([]);
  });

  it('(one that has run out) nothing is answered', async () => {
    const address = await hosting([northgate()]);
    // The same key at another time: only the clock of the signer differs.
    const keyOf = (now: () => Date) => {
      const late = createSigner(issuer, now);
      return { token: late.sign(access, 'northgate'), jwks: late.jwks() };
    };
    const run = async (now: () => Date) => {
      const { token, jwks } = keyOf(now);
      const server = fastify();
      server.get('/jwks', async () => jwks);
      const url = await server.listen({ port: 0, host: '127.0.0.1' });
      const own = await hosting([northgate()], { GATEWAY_JWKS_URL: `${url}/jwks` });
      const { status } = await send(own, { token });
      await server.close();
      return status;
    };
    expect(await run(secondsAgo(30))).toBe(200);
    expect(await run(secondsAgo(90))).toBe(401);
    expect(await run(secondsAgo(-90))).toBe(401);
    expect((await send(address)).status).toBe(200);
  });

  it('(nobody to give the keys) nothing is answered', async () => {
    const address = await hosting([northgate()], { GATEWAY_JWKS_URL: 'http://127.0.0.1:1/jwks' });
    expect((await send(address)).status).toBe(401);
  });

  it('unknown and self-hosted providers are not told apart', async () => {
    const own = entryOf({
      ...entryValue('self-hosted', 'RXX05'),
      system: undefined,
      subgraphUrl: 'https://record.example/graphql',
    });
    const address = await hosting([northgate(), own]);
    const { text } = await send(address, { token: null });
    for (const provider of [
      'nobody',
      'self-hosted',
      'constructor',
      '__proto__',
      '..%2Fnorthgate',
      'northgate%00',
    ]) {
      const answer = await send(address, { provider, token: signer.sign(access, provider) });
      expect([answer.status, answer.text]).toEqual([401, text]);
    }
  });
});

describe('another patient', () => {
  it.each<[string, unknown]>([
    [
      'alone',
      {
        query: question,
        variables: { representations: [{ __typename: 'Patient', nhsNumber: otherNumber }] },
      },
    ],
    [
      'as a number',
      {
        query: question,
        variables: { representations: [{ __typename: 'Patient', nhsNumber: Number(nhsNumber) }] },
      },
    ],
    [
      'as a list',
      {
        query: question,
        variables: { representations: [{ __typename: 'Patient', nhsNumber: [nhsNumber] }] },
      },
    ],
    ['as nobody', { query: question, variables: { representations: [{ __typename: 'Patient' }] } }],
    [
      'written out',
      {
        query: `{ _entities(representations: [{ __typename: "Patient", nhsNumber: "${otherNumber}" }]) { ... on Patient { problems { items { id } } } } }`,
      },
    ],
  ])('%s is not answered', async (_how, body) => {
    holds = { Condition: [condition('c1', '2020')] };
    const { json, text } = await send(await hosting([northgate()]), { body });
    expect(json.data).toBeNull();
    expect(text).not.toContain(otherNumber);
    expect(searched).toEqual([]);
  });

  it('beside the patient costs the whole answer', async () => {
    holds = { Condition: [condition('c1', '2020')] };
    const representations = [
      aboutPatient.representations[0],
      { __typename: 'Patient', nhsNumber: otherNumber },
    ];
    for (const both of [representations, representations.toReversed()]) {
      const body = { query: question, variables: { representations: both } };
      const { json, text } = await send(await hosting([northgate()]), { body });
      const extensions = { code: 'INTERNAL_SERVER_ERROR' };
      expect(json).toEqual({
        data: null,
        errors: [{ message: 'this part could not be answered', path: ['_entities'], extensions }],
      });
      expect(text).not.toContain(otherNumber);
    }
    expect(searched).toEqual([]);
  });

  it('cannot bring a record along', async () => {
    const planted = {
      __typename: 'Patient',
      nhsNumber,
      problems: { items: [{ id: 'planted' }], keys: [], reports: [] },
    };
    const { text } = await send(await hosting([northgate()]), {
      body: { query: question, variables: { representations: [planted] } },
    });
    expect(text).not.toContain('planted');
  });

  it('in the provider’s answer is no record', async () => {
    holds = {
      Patient: [{ ...patientResource, birthDate: '1999-09-09' }],
      Condition: [condition('c1', '2020')],
    };
    expect(stateOf((await ask(await hosting([northgate()]))).problems)).toBe('INVALID_ANSWER');
    holds = { Condition: [{ ...condition('c1', '2020'), subject: { reference: 'Patient/p2' } }] };
    const { problems, allergies } = await ask(await hosting([northgate()]));
    expect([stateOf(problems), problems?.items, stateOf(allergies)]).toEqual([
      'INVALID_ANSWER',
      [],
      'COMPLETE',
    ]);
  });
});

describe('consent before the system is asked', () => {
  const asker = (more: Partial<AccessContext>) => ({ ...access, ...more });
  const as = (more: Partial<AccessContext['requester']>) =>
    asker({ requester: { ...access.requester, ...more } });
  it.each<[string, AccessContext, Record<string, unknown>]>([
    ['a role that does not see it', as({ role: 'researcher' }), {}],
    ['a recipient that is no partner', as({ organisation: 'RZZ01', groups: ['ICS-SOUTH'] }), {}],
    ['a purpose that is not covered', asker({ purpose: 'ETREAT' }), {}],
    ['no relationship', asker({ relationship: 'none' }), {}],
    ['training that has lapsed', asker({ training: 'lapsed' }), {}],
    ['a dissent with the region', { ...as({ organisation: 'RXX02' }), dissent: 'regional' }, {}],
    ['an agreement that has ended', access, { validUntil: '2020-01-01' }],
  ])('refuses for %s', async (_why, who, sharing) => {
    const value = entryValue('northgate', 'RXX01');
    const { problems, allergies } = await ask(
      await hosting([northgate({ sharing: { ...value.sharing, ...sharing } })]),
      who,
    );
    expect([stateOf(problems), stateOf(allergies)]).toEqual(['WITHHELD', 'WITHHELD']);
    expect(searched).toEqual([]);
  });

  it('refuses sections that the agreement does not name', async () => {
    const { problems, allergies } = await ask(await hosting([northgate({ sections: ['PROBLEMS'] })]));
    expect([stateOf(problems), stateOf(allergies)]).toEqual(['COMPLETE', 'WITHHELD']);
    expect(searched.map(({ url }) => url.split('?')[0])).not.toContain('/r4/AllergyIntolerance');
  });
});

describe('consent after the system has answered', () => {
  it('holds labelled entries back and says so', async () => {
    holds = {
      Condition: [
        condition('c1', '2020'),
        condition('c2', '2021', 'R'),
        condition('c3', '2022', 'V'),
        condition('c4', '2023', 'Q'),
      ],
    };
    const { problems } = await ask(await hosting([northgate()]));
    expect([titles(problems), problems?.keys.length, stateOf(problems)]).toEqual([
      ['Diverticulitis c1'],
      1,
      'PARTLY_WITHHELD',
    ]);
    expect(problems?.reports[0]).toMatchObject({ items: 1, warnings: [] });
  });

  it('shows the newest entries up to the limit', async () => {
    holds = {
      Condition: [
        condition('c0', '1969'),
        condition('c1', '1970-01-01'),
        condition('c2', '2021'),
        condition('c3', '2020-05'),
      ],
    };
    const limits = { timeoutMs: 3000, concurrency: 4, itemsPerSection: 3, bytes: 1_000_000 };
    const { problems } = await ask(await hosting([northgate({ limits })]));
    expect(titles(problems)).toEqual(['Diverticulitis c2', 'Diverticulitis c3', 'Diverticulitis c1']);
    expect(problems?.reports[0]).toMatchObject({
      state: 'INCOMPLETE',
      items: 3,
      warnings: [warnings.cutAtLimit],
    });
  });

  it('counts the limit after labels', async () => {
    holds = { Condition: [condition('c1', '2020'), condition('c2', '2021', 'R'), condition('c3', '2019')] };
    const limits = { timeoutMs: 3000, concurrency: 4, itemsPerSection: 2, bytes: 1_000_000 };
    const { problems } = await ask(await hosting([northgate({ limits })]));
    expect([titles(problems), stateOf(problems)]).toEqual([
      ['Diverticulitis c1', 'Diverticulitis c3'],
      'PARTLY_WITHHELD',
    ]);
    expect(problems?.reports[0]?.warnings).toEqual([]);
  });

  it('holds a record with a dissent back from all but its own staff and the patient', async () => {
    const person = personIn('gp-dissent');
    const about = {
      ...access,
      patient: {
        ...access.patient,
        nhsNumber: person.nhsNumber,
        birthDate: person.birthDate,
        familyName: person.familyName,
      },
    };
    const address = await hosting([practice()]);
    const own = {
      ...about,
      requester: { ...about.requester, organisation: 'G99001' },
      relationship: 'registered-practice' as const,
    };
    const themselves: AccessContext = {
      ...about,
      requester: {
        userId: 'citizen',
        role: 'patient',
        roleCode: null,
        roleProfileId: null,
        organisation: null,
        groups: [],
      },
      purpose: 'PATRQT',
      training: 'not-staff',
      relationship: 'self',
    };
    const [others, owns, patients] = await Promise.all(
      [about, own, themselves].map((asker) => ask(address, asker, 'riverside')),
    );
    expect([stateOf(others?.problems), others?.problems?.items, others?.problems?.keys]).toEqual([
      'WITHHELD',
      [],
      [],
    ]);
    expect(others?.problems?.reports[0]?.warnings).toEqual([]);
    expect(stateOf(owns?.problems)).not.toBe('WITHHELD');
    expect(owns?.problems?.items.length).toBeGreaterThan(0);
    expect(patients?.problems?.items.length).toBeGreaterThan(0);
  });
});

describe('ids of entries', () => {
  const idsFrom = async (provider: string, env: Record<string, string> = {}) => {
    holds = { Condition: [condition('c1', '2020'), condition('c2', '2021')] };
    const { problems } = await ask(await hosting([northgate(), eastfield()], env), access, provider);
    return problems?.items.map(({ id }) => id) ?? [];
  };

  it('are stable, and opaque', async () => {
    const first = await idsFrom('northgate');
    expect(await idsFrom('northgate')).toEqual(first);
    expect(new Set(first).size).toBe(2);
    for (const id of first) expect(id).toMatch(/^[\w-]{22}$/);
  });

  it('differ by organisation and by key', async () => {
    const all = [
      ...(await idsFrom('northgate')),
      ...(await idsFrom('eastfield')),
      ...(await idsFrom('northgate', { ENTRY_ID_KEY: 'another-key-of-enough-characters-01234567' })),
    ];
    expect(new Set(all).size).toBe(6);
  });

  it('differ by section, where local ids may be the same', () => {
    const id = entryIds(entryIdKey, 'RXX01');
    const ids = [
      id('problems', '1'),
      id('results', '1'),
      id('problems', '2'),
      entryIds(entryIdKey, 'RXX02')('problems', '1'),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(id('problems', '1')).toBe(ids[0]);
  });
});

describe('the deadline', () => {
  it('is kept by a slow section, and does not take others down', async () => {
    const { promise, resolve } = Promise.withResolvers<Resources>();
    holds = {
      Condition: promise,
      AllergyIntolerance: [
        { resourceType: 'AllergyIntolerance', id: 'a1', patient: subject, code: { text: 'Nuts' } },
      ],
    };
    const address = await hosting([northgate()]);
    // Whoever asks gives up when the time is over: an answer that comes shows that it came before.
    const { json } = await send(address, { headers: { 'suture-deadline-ms': '900' }, timeoutMs: 900 });
    resolve([]);
    const patient = json.data?._entities?.[0];
    expect([
      stateOf(patient?.problems),
      stateOf(patient?.allergies),
      patient?.allergies?.items.length,
    ]).toEqual(['TIMED_OUT', 'COMPLETE', 1]);
  });

  it.each(['-5', '0', 'soon', 'Infinity', '1e9', ''])(
    'is the provider’s own where the caller says %j',
    async (asked) => {
      const { promise, resolve } = Promise.withResolvers<Resources>();
      holds = { Condition: promise };
      const limits = { timeoutMs: 200, concurrency: 4, itemsPerSection: 3, bytes: 1_000_000 };
      const { json } = await send(await hosting([northgate({ limits })]), {
        headers: { 'suture-deadline-ms': asked },
      });
      resolve([]);
      expect(stateOf(json.data?._entities?.[0]?.problems)).toBe('TIMED_OUT');
    },
  );
});

describe('a section that fails', () => {
  const quoting = 'Mrs Brackwater has diverticulitis';
  const answered: SectionAnswer = { state: 'COMPLETE', warnings: [], dissent: 'none', entries: [] };

  /** The states of problems and allergies with a connector of a test's own, and the whole answer. */
  async function through(read: Connector['read'], deadline = AbortSignal.timeout(5000)) {
    const entry = northgate();
    const http = systemHttp({
      baseUrl: systemAddress,
      authorization: null,
      signal: deadline,
      limitBytes: 1000,
    });
    const reported: unknown[] = [];
    const connector: Connector = { sections: ['problems', 'allergies'], read };
    const load = sectionLoader(
      connector,
      { http, odsCode: 'RXX01', access, now: new Date() },
      deadline,
      (cause) => reported.push(cause),
    );
    const writer = { entry, entryId: entryIds(entryIdKey, 'RXX01'), retrievedAt: 'now', elapsedMs: () => 1 };
    const contextValue = { access, load, writer, today: '2026-06-10' };
    const result = await execute({
      schema: providerSubgraph(policy),
      document: parse(question),
      variableValues: aboutPatient,
      contextValue,
    });
    const [patient] = (result.data?._entities ?? []) as Record<string, MemberSection>[];
    return {
      states: [stateOf(patient?.problems), stateOf(patient?.allergies)],
      text: JSON.stringify(result.data),
      reported,
    };
  }
  const both = (
    problems: Promise<SectionAnswer>,
    allergies: Promise<SectionAnswer> = Promise.resolve(answered),
  ) => {
    problems.catch(() => undefined);
    return new Map<Section, Promise<SectionAnswer>>([
      ['problems', problems],
      ['allergies', allergies],
    ]);
  };

  it('takes no other down and gives no message away', async () => {
    const failure = new Error(quoting);
    const { states, text, reported } = await through(() => both(Promise.reject(failure)));
    expect(states).toEqual(['UNAVAILABLE', 'COMPLETE']);
    expect(reported).toEqual([failure]);
    expect(text).not.toContain('Brackwater');
  });

  it.each(['TIMED_OUT', 'UNAVAILABLE', 'INVALID_ANSWER'] as const)('may say that it is %s', async (state) => {
    const { states } = await through(() => both(Promise.reject(new SystemFault(state, new Error(quoting)))));
    expect(states).toEqual([state, 'COMPLETE']);
  });

  it('before it begins fails each section alone', async () => {
    const { states, text } = await through(() => {
      throw new Error(quoting);
    });
    expect(states).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
    expect(text).not.toContain('Brackwater');
  });

  it('is not held where the connector has no answer', async () => {
    expect((await through(() => new Map())).states).toEqual(['NOT_HELD', 'NOT_HELD']);
  });

  it('that never ends is timed out', async () => {
    const { states } = await through(() => both(new Promise(() => undefined)), AbortSignal.timeout(30));
    expect(states).toEqual(['TIMED_OUT', 'COMPLETE']);
  });

  it('by an entry that breaks the contract says only where', async () => {
    holds = { Condition: [{ ...condition('c1', '2020'), code: { text: 7, coding: quoting } }] };
    const { text, status } = await send(await hosting([northgate()]));
    expect(status).toBe(200);
    expect(text).not.toContain(quoting);
  });
});

describe('a request', () => {
  it.each<[string, unknown]>([
    ['no query', { variables: {} }],
    ['a batch', [{ query: question }]],
    ['no GraphQL', { query: 'select * from patients' }],
    ['an operation that does not fit', { query: '{ patient { name } }' }],
    ['a mutation', { query: 'mutation { a }' }],
    ['two operations', { query: 'query A { __typename } query B { __typename }' }],
    ['variables that are none', { query: question, variables: 'all' }],
  ])('that is %s is refused', async (_what, body) => {
    const { status, json } = await send(await hosting([northgate()]), { body });
    expect(status).toBe(400);
    expect(json.errors?.[0]?.extensions.code).toBe('BAD_REQUEST');
  });

  it('with a context may read the schema', async () => {
    const { json } = await send(await hosting([northgate()]), {
      body: { query: '{ _service { sdl } __schema { queryType { name } } }' },
    });
    expect(JSON.stringify(json.data?._service)).toContain('type Patient');
    expect(json.data?.__schema).toEqual({ queryType: { name: 'Query' } });
  });

  it('larger than the limit is refused', async () => {
    const address = await hosting([northgate()], { BODY_LIMIT_BYTES: '1000' });
    const { status, text } = await send(address, {
      body: { query: question, variables: { note: `Brackwater ${'x'.repeat(2000)}` } },
    });
    expect(status).toBe(413);
    expect(text).not.toContain('Brackwater');
  });
});

describe('the configuration', () => {
  it('lists every problem, and no secret', () => {
    const broken = { PORT: '-1', PUBLIC_URL: 'nowhere', ENTRY_ID_KEY: 'short-secret', LOG_LEVEL: 'loud' };
    const problems = () => readHostConfig(broken);
    expect(problems).toThrow(HostConfigFault);
    for (const name of Object.keys(broken)) expect(problems).toThrow(name);
    expect(problems).not.toThrow('short-secret');
    expect(() => readHostConfig({})).toThrow('ENTRY_ID_KEY');
  });

  it('reads an empty value as unset, and secrets by name', () => {
    const { config, secrets } = readHostConfig({
      PORT: '',
      ENTRY_ID_KEY: entryIdKey,
      NORTHGATE_CREDENTIALS: 'x',
      OTHER: '',
    });
    expect(config.PORT).toBe(4150);
    expect([
      secrets.credential('NORTHGATE_CREDENTIALS'),
      secrets.credential('OTHER'),
      secrets.credential('toString'),
    ]).toEqual(['x', null, null]);
    expect(JSON.stringify(config)).not.toContain(entryIdKey);
  });
});

describe('the program', () => {
  it('logs nothing of what it answers', async () => {
    holds = { Condition: [condition('c1', '2020', 'R'), condition('c2', '2020')] };
    const dataDir = await mkdtemp(join(tmpdir(), 'suture-host-'));
    await mkdir(join(dataDir, 'providers'));
    await writeFile(join(dataDir, 'providers/northgate.yaml'), stringify(entryValue('northgate', 'RXX01')));
    const lines: string[] = [];
    const program = await startProgram({
      file: new URL('../subgraphs/care-record/provider/main.ts', import.meta.url),
      port: 0,
      env: {
        DATA_DIR: dataDir,
        PUBLIC_URL: issuer,
        GATEWAY_JWKS_URL: keysUrl,
        ENTRY_ID_KEY: entryIdKey,
        NORTHGATE_CREDENTIALS: 'system-secret',
        LOG_LEVEL: 'debug',
      },
      onLine: (line) => lines.push(line),
    });
    const token = signer.sign(access, 'northgate');
    expect((await send(program.address, { token })).text).toContain('Diverticulitis c2');
    await send(program.address, { token: null });
    await send(program.address, { body: { query: `{ p${nhsNumber} }` } });
    await send(program.address, { provider: nhsNumber });
    await send(program.address, {
      body: {
        query: question,
        variables: { representations: [{ __typename: 'Patient', nhsNumber: otherNumber }] },
      },
    });
    await fetch(`${program.address}/${nhsNumber}?name=Brackwater`);
    await fetch(`${program.address}/northgate/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"Brackwater',
    });
    holds = {
      Condition: [{ resourceType: 'Condition', id: 'Brackwater', subject: { reference: 'Patient/other' } }],
    };
    await send(program.address, { token });
    await program.stop();
    await rm(dataDir, { recursive: true, force: true });
    const logged = lines.join('\n');
    expect(logged).toContain('listening');
    for (const word of [
      nhsNumber,
      otherNumber,
      'Brackwater',
      'Diverticulitis',
      token,
      entryIdKey,
      'user-1',
    ]) {
      expect(logged).not.toContain(word);
    }
  });

  it('does not start on a broken register or without its key', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'suture-host-'));
    await mkdir(join(dataDir, 'providers'));
    await writeFile(
      join(dataDir, 'providers/northgate.yaml'),
      stringify({ ...entryValue('northgate', 'RXX01'), careSetting: 'SPA' }),
    );
    const file = new URL('../subgraphs/care-record/provider/main.ts', import.meta.url);
    const env = { DATA_DIR: dataDir, ENTRY_ID_KEY: entryIdKey };
    await expect(startProgram({ file, port: 0, env })).rejects.toThrow('careSetting');
    await expect(startProgram({ file, port: 0, env: { ...env, ENTRY_ID_KEY: '' } })).rejects.toThrow(
      'ENTRY_ID_KEY',
    );
    await rm(dataDir, { recursive: true, force: true });
  });

  it('does not start without a credential that an entry names', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'suture-host-'));
    await mkdir(join(dataDir, 'providers'));
    const entry = (name: string, odsCode: string, system: object) =>
      writeFile(
        join(dataDir, `providers/${name}.yaml`),
        stringify({ ...entryValue(name, odsCode), ...system }),
      );
    await entry('northgate', 'RXX01', {});
    await entry('eastfield', 'RXX02', { careSetting: 'SPA' });
    const other = { connector: 'fhir-r4', baseUrl: 'https://a.example/r4', credentials: 'SOUTHGATE_SECRET' };
    await entry('southgate', 'RXX03', { system: other });
    const file = new URL('../subgraphs/care-record/provider/main.ts', import.meta.url);
    const env = { DATA_DIR: dataDir, ENTRY_ID_KEY: '', SOUTHGATE_SECRET: '', NORTHGATE_CREDENTIALS: '' };
    const { message } = await startProgram({ file, port: 0, env }).catch((cause) => cause);
    await rm(dataDir, { recursive: true, force: true });
    for (const words of ['ENTRY_ID_KEY', 'careSetting', '`northgate`', '`southgate`'])
      expect(message).toContain(words);
    expect(message).toMatch(/northgate\.yaml:\d+:\d+: `system.credentials`: .*`NORTHGATE_CREDENTIALS`/);
    expect(message).toMatch(/southgate\.yaml:\d+:\d+: `system.credentials`: .*`SOUTHGATE_SECRET`/);
  });

  it('hosts nobody without the credential that is named', async () => {
    await expect(hosting([northgate()], { NORTHGATE_CREDENTIALS: '' })).rejects.toThrow(HostConfigFault);
  });
});

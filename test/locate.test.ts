import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TracedPatient } from '../consent-policy/access-context.ts';
import { locator } from '../gateway/care-record/locate.ts';
import type { Provider, Register } from '../gateway/care-record/register.ts';
import { readConfig } from '../gateway/config.ts';
import type { Membership } from '../gateway/membership.ts';
import type { RegisterEntry } from '../subgraphs/care-record/register-entry.ts';
import { agreementOf } from '../subgraphs/care-record/register-files.ts';

const patient: TracedPatient = {
  nhsNumber: '9990000026',
  formerNhsNumbers: [],
  birthDate: null,
  familyName: null,
  state: 'ordinary',
  registeredPractice: 'G99001',
};
const formerNumber = '9990000034';
const membership: Membership = {
  groupsOf: () => [],
  nameOf: (odsCode) => (odsCode === 'RZZ77' ? 'Far Away Hospital' : null),
};

function providerOf(odsCode: string, locate: RegisterEntry['locate']): Provider {
  const contact = 'a@b.example';
  const entry: RegisterEntry = {
    provider: odsCode.toLowerCase(),
    organisation: {
      odsCode,
      name: odsCode,
      controller: 'Controller',
      contacts: {
        dataProtectionOfficer: contact,
        caldicottGuardian: contact,
        clinicalSafetyOfficer: contact,
      },
    },
    careSetting: 'ACUTE',
    locate,
    sections: ['problems'],
    sharing: {
      agreement: 'DSA-1',
      purposes: ['TREAT'],
      signatories: ['ICS-NORTH'],
      partners: ['ICS-NORTH'],
      leads: { subjectAccess: 'a', breach: 'b', indemnity: 'c' },
      validUntil: '2099-01-01',
      withheldNotice: 'STATED',
    },
    retention: { period: '8 years', basis: 'code', storedAt: 'here' },
    limits: { timeoutMs: 2000, concurrency: 4, itemsPerSection: 500, bytes: 100_000 },
  };
  return { entry, subgraphUrl: 'http://127.0.0.1:1/graphql', agreement: agreementOf(entry) };
}

const everybody = [
  providerOf('G99001', 'registered-practice'),
  providerOf('G99002', 'registered-practice'),
  providerOf('RXX01', 'pointers'),
  providerOf('RXX02', 'pointers'),
  providerOf('999', 'always'),
];
const registerOf = (providers: readonly Provider[]): Register => ({
  providers,
  byOdsCode: new Map(providers.map((each) => [each.entry.organisation.odsCode, each])),
});

/** The pointer service: what it answers for a number, or instead of everything. */
let server: FastifyInstance;
let address: string;
let custodians: Record<string, readonly string[]> = {};
let instead: { readonly status: number; readonly body: string } | null = null;
let never: Promise<unknown> | null = null;
let asked: { subject: unknown; organisation: unknown }[] = [];

const pointer = (value: string, system = 'https://fhir.nhs.uk/Id/ods-organization-code') => ({
  resource: { resourceType: 'DocumentReference', custodian: { identifier: { system, value } } },
});
const bundle = (entry: readonly unknown[], more: object = {}) =>
  JSON.stringify({
    resourceType: 'Bundle',
    type: 'searchset',
    link: [{ relation: 'self', url: 'x' }],
    entry,
    ...more,
  });

beforeAll(async () => {
  server = fastify({ forceCloseConnections: true });
  server.get<{ Querystring: Record<string, string> }>(
    '/DocumentReference',
    async ({ query, headers }, reply) => {
      const subject = query['subject:identifier'] ?? '';
      asked.push({ subject, organisation: headers['nhsd-end-user-organisation-ods'] });
      await never;
      const { status, body } = instead ?? {
        status: 200,
        body: bundle((custodians[subject.split('|')[1] ?? ''] ?? []).map((odsCode) => pointer(odsCode))),
      };
      return reply.code(status).type('application/fhir+json').send(body);
    },
  );
  address = await server.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => server.close());
beforeEach(() => {
  custodians = {};
  instead = null;
  never = null;
  asked = [];
});

async function located(
  more: Partial<TracedPatient> = {},
  env: Record<string, string> = {},
  providers: readonly Provider[] = everybody,
  requester: string | null = 'G99001',
) {
  const { config, secrets } = readConfig({ POINTERS_URL: address, ...env });
  const found = await locator(
    registerOf(providers),
    config,
    secrets,
    membership,
  )({ ...patient, ...more }, requester);
  const codes = (each: readonly Provider[]) => each.map(({ entry }) => entry.organisation.odsCode);
  return { asked: codes(found.providers), unlocated: codes(found.unlocated), unconnected: found.unconnected };
}

describe('a provider is located', () => {
  it('as the registered practice, by pointers, or always', async () => {
    custodians = { [patient.nhsNumber]: ['RXX02', 'RXX02'] };
    expect(await located()).toEqual({ asked: ['G99001', 'RXX02', '999'], unlocated: [], unconnected: [] });
    expect(asked).toEqual([
      { subject: `https://fhir.nhs.uk/Id/nhs-number|${patient.nhsNumber}`, organisation: 'G99001' },
    ]);
  });

  it('by a pointer, whatever its way is', async () => {
    custodians = { [patient.nhsNumber]: ['G99002'] };
    expect((await located({ registeredPractice: null })).asked).toEqual(['G99002', '999']);
  });

  it('under the patient’s former numbers too', async () => {
    custodians = { [formerNumber]: ['RXX01'], [patient.nhsNumber]: ['RXX02'] };
    expect((await located({ formerNhsNumbers: [formerNumber] })).asked).toEqual([
      'G99001',
      'RXX01',
      'RXX02',
      '999',
    ]);
    expect(asked).toHaveLength(2);
  });

  it('without pointers where nobody uses them', async () => {
    await located({}, {}, [providerOf('999', 'always')]);
    expect(asked).toEqual([]);
  });

  it('for a patient who asks, too', async () => {
    await located({}, {}, everybody, null);
    expect(asked[0]?.organisation).toBe('PATIENT');
  });
});

describe('an organisation that is not connected', () => {
  it('is named, with what is known of it', async () => {
    custodians = { [patient.nhsNumber]: ['RZZ77', 'RZZ88'] };
    expect((await located({ registeredPractice: 'G00007' })).unconnected).toEqual([
      { odsCode: 'RZZ77', name: 'Far Away Hospital', careSetting: null, silent: false },
      { odsCode: 'RZZ88', name: null, careSetting: null, silent: false },
      { odsCode: 'G00007', name: null, careSetting: 'PRIMARY_CARE', silent: false },
    ]);
  });

  it('is none where the custodian is no organisation', async () => {
    instead = {
      status: 200,
      body: bundle([pointer('RXX01', 'urn:other'), { resource: { resourceType: 'OperationOutcome' } }]),
    };
    expect(await located()).toEqual({ asked: ['G99001', '999'], unlocated: [], unconnected: [] });
  });
});

describe('when pointers cannot be had', () => {
  const next = [
    { relation: 'self', url: 'x' },
    { relation: 'next', url: 'y' },
  ];
  it.each<[string, number, string]>([
    ['a failure', 500, bundle([])],
    ['a refusal', 401, '{"resourceType":"OperationOutcome"}'],
    ['too many requests', 429, ''],
    ['a redirect', 302, ''],
    ['an OperationOutcome', 200, '{"resourceType":"OperationOutcome"}'],
    ['no JSON', 200, '<html>'],
    ['nothing', 200, ''],
    ['a pointer without a custodian’s code', 200, bundle([{ resource: { custodian: { identifier: {} } } }])],
    ['one page of several', 200, bundle([pointer('RXX01')], { link: next })],
    ['more than it may', 200, bundle([pointer('x'.repeat(2_100_000))])],
  ])('(%s) everybody is asked, or reported', async (_what, status, body) => {
    instead = { status, body };
    expect(await located()).toEqual({
      asked: ['G99001', 'RXX01', 'RXX02', '999'],
      unlocated: [],
      unconnected: [],
    });
    expect(await located({}, { LOCATOR_DOWN: 'report' })).toEqual({
      asked: ['G99001', '999'],
      unlocated: ['RXX01', 'RXX02'],
      unconnected: [],
    });
  });

  it('(nobody there) everybody is asked', async () => {
    expect((await located({}, { POINTERS_URL: 'http://127.0.0.1:1' })).asked).toContain('RXX02');
  });

  it('(no answer in time) everybody is asked', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    never = promise;
    expect((await located({}, { POINTERS_TIMEOUT_MS: '50' })).asked).toContain('RXX02');
    resolve();
  });
});

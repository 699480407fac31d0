import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TracedPatient } from '../consent-policy/access-context.ts';
import { locator } from '../gateway/care-record/locate.ts';
import { emptyOutcome } from '../gateway/care-record/outcome.ts';
import type { Provider, Register } from '../gateway/care-record/register.ts';
import { readConfig } from '../gateway/config.ts';
import type { Membership } from '../gateway/membership.ts';
import { openMetrics } from '../gateway/metrics.ts';
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
  return {
    entry,
    subgraphUrl: 'http://127.0.0.1:1/graphql',
    agreement: agreementOf(entry),
    others: new Set(),
  };
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

describe('the metrics', () => {
  it('count organisations that are not connected under one name', async () => {
    const metrics = openMetrics();
    const of = { section: 'problems', key: 'problems' } as const;
    const source = { odsCode: 'RZZ77', name: null, careSetting: null, silent: false } as const;
    metrics.outcomes([
      emptyOutcome({ ...source, unconnected: true }, of, 'UNAVAILABLE'),
      emptyOutcome({ ...source, odsCode: 'RXX01' }, of, 'COMPLETE'),
    ]);
    const text = await metrics.text();
    expect(text).toContain('source="unconnected",section="problems",state="UNAVAILABLE"');
    expect(text).toContain('source="RXX01"');
    expect(text).not.toContain('RZZ77');
  });
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
  return {
    asked: codes(found.providers),
    unlocated: codes(found.unlocated),
    unsure: codes(found.unsure),
    unconnected: found.unconnected,
    allLocated: found.allLocated,
  };
}

describe('a provider is located', () => {
  it('as the registered practice, by pointers, or always', async () => {
    custodians = { [patient.nhsNumber]: ['RXX02', 'RXX02'] };
    expect(await located()).toEqual({
      asked: ['G99001', 'RXX02', '999'],
      unlocated: [],
      unsure: [],
      unconnected: [],
      allLocated: true,
    });
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
      { odsCode: 'RZZ77', name: 'Far Away Hospital', careSetting: null, silent: false, unconnected: true },
      { odsCode: 'RZZ88', name: null, careSetting: null, silent: false, unconnected: true },
      { odsCode: 'G00007', name: null, careSetting: 'PRIMARY_CARE', silent: false, unconnected: true },
    ]);
  });

  it('is none where the service only has something to say', async () => {
    const issue = [{ severity: 'information', code: 'informational' }];
    instead = {
      status: 200,
      body: bundle([pointer('RXX01'), { resource: { resourceType: 'OperationOutcome', issue } }], {
        total: 1,
      }),
    };
    expect(await located()).toMatchObject({
      asked: ['G99001', 'RXX01', '999'],
      unconnected: [],
      allLocated: true,
    });
  });
});

describe('a custodian', () => {
  it.each([
    'https://fhir.nhs.uk/Id/ods-organization-code',
    'https://fhir.nhs.uk/id/ODS-organization-code',
    'http://fhir.nhs.net/Id/ods-organization-code',
    undefined,
  ])('is read under the system %s', async (system) => {
    const resource = {
      resourceType: 'DocumentReference',
      custodian: { identifier: { system, value: 'rxx02' } },
    };
    instead = { status: 200, body: bundle([{ resource }]) };
    expect(await located()).toMatchObject({ asked: ['G99001', 'RXX02', '999'], allLocated: true });
  });

  it('is no practice that is no code', async () => {
    expect(await located({ registeredPractice: '9994010301' })).toMatchObject({
      asked: ['999'],
      unconnected: [],
      allLocated: false,
    });
  });
});

describe('when pointers cannot be had', () => {
  const next = [
    { relation: 'self', url: 'x' },
    { relation: 'next', url: 'y' },
  ];
  const known = { resource: { ...pointer('RXX01').resource, id: 'p1' } };
  const incomplete = {
    resource: {
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'information', code: 'incomplete' }],
    },
  };
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
    ['fewer than there are', 200, bundle([pointer('RXX01')], { total: 2 })],
    ['none of several', 200, bundle([], { total: 3 })],
    ['one of two, twice', 200, bundle([known, known], { total: 2 })],
    ['a next page in capitals', 200, bundle([known], { link: [{ relation: ' NEXT', url: 'y' }] })],
    ['a word that there is more', 200, bundle([incomplete])],
    [
      'a pointer to nobody',
      200,
      bundle([pointer('RXX01'), { resource: { resourceType: 'DocumentReference' } }]),
    ],
    ['a custodian of another system', 200, bundle([pointer('RXX01', 'urn:other')])],
    ['a custodian that is a patient', 200, bundle([pointer('RXX01'), pointer('9994010301')])],
    ['a custodian that is no code', 200, bundle([pointer('RXX01'), pointer('the hospital')])],
    [
      'something that is no pointer',
      200,
      bundle([pointer('RXX01'), { resource: { resourceType: 'Patient' } }]),
    ],
    [
      'a search that went wrong in part',
      200,
      bundle([{ resource: { resourceType: 'OperationOutcome', issue: [{ severity: 'warning' }] } }]),
    ],
    ['more than it may', 200, bundle([pointer('x'.repeat(2_100_000))])],
  ])('(%s) everybody is asked, or reported', async (_what, status, body) => {
    instead = { status, body };
    expect(await located()).toEqual({
      asked: ['G99001', 'RXX01', 'RXX02', '999'],
      unlocated: [],
      unsure: ['RXX01', 'RXX02'],
      unconnected: [],
      allLocated: false,
    });
    expect(await located({}, { LOCATOR_DOWN: 'report' })).toEqual({
      asked: ['G99001', '999'],
      unlocated: ['RXX01', 'RXX02'],
      unsure: [],
      unconnected: [],
      allLocated: false,
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

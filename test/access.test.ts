import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadPolicy } from '../consent-policy/policy.ts';
import type { Purpose, Role, Training } from '../consent-policy/vocabulary.ts';
import { type AccessHouse, checkedNhsNumber, grantAccess } from '../gateway/access/access.ts';
import { accessStage } from '../gateway/access/access-stage.ts';
import { personTrace } from '../gateway/access/person-trace.ts';
import { importFacts } from '../gateway/access/recorded-facts.ts';
import { type Audit, openAudit } from '../gateway/audit/audit.ts';
import { readConfig } from '../gateway/config.ts';
import { DataFileFault } from '../gateway/data-file.ts';
import { GatewayFault } from '../gateway/fault.ts';
import type { Identity } from '../gateway/identity.ts';
import type { Membership } from '../gateway/membership.ts';
import { readOperation } from '../gateway/operation-guard/operation.ts';
import type { Access } from '../gateway/passage.ts';
import { openStore, type Store } from '../gateway/store/store.ts';
import { invalidatedNhsNumber } from './region/pds/register.ts';
import { pdsBasePath } from './region/pds/service.ts';
import { personIn } from './region/population/find.ts';
import { type RunningProgram, startProgram } from './region/processes.ts';

const membership: Membership = {
  groupsOf: () => ['ICS-NORTH'],
  nameOf: (odsCode) => (odsCode === 'G99001' ? 'Riverside Surgery' : null),
};
const policy = loadPolicy();
const correlationId = '6f6f0d3c-7a43-4d0f-9d6e-0a8d3c1c1b1a';
const today = new Date('2026-06-10T12:00:00Z');
const ordinary = personIn('ordinary');
const superseded = personIn('superseded');
const formerNumber = superseded.supersededNumbers[0] ?? '';
const unknownNumber = '9999999999';

/** PDS with a door in front of it: counts who asks, and can answer in its stead. */
let pds: RunningProgram;
let door: FastifyInstance;
let doorAddress: string;
let asked: string[] = [];
let inItsStead: (() => Promise<{ status: number; body: string }>) | null = null;

let dataDir: string;
let store: Store;
let audit: Audit;

beforeAll(async () => {
  pds = await startProgram({ file: new URL('region/systems/pds.ts', import.meta.url), port: 0 });
  door = fastify();
  door.get('/*', async (request, reply) => {
    asked.push(request.url.split('/').at(-1) ?? '');
    if (inItsStead !== null) {
      const { status, body } = await inItsStead();
      return reply.code(status).type('application/fhir+json').send(body);
    }
    const { authorization = '', 'x-request-id': requestId = '' } = request.headers;
    const response = await fetch(pds.address + request.url, {
      headers: { authorization, 'x-request-id': String(requestId) },
    });
    return reply
      .code(response.status)
      .type('application/fhir+json')
      .send(await response.text());
  });
  doorAddress = await door.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await door.close();
  await pds.stop();
});

beforeEach(async () => {
  asked = [];
  inItsStead = null;
  dataDir = await mkdtemp(join(tmpdir(), 'suture-access-'));
  store = await openStore(dataDir);
  audit = openAudit(dataDir);
});
afterEach(async () => {
  await audit.close();
  await store.destroy();
  await rm(dataDir, { recursive: true, force: true });
});

interface Asking {
  readonly role?: Role;
  readonly organisation?: string;
  readonly purpose?: Purpose;
  readonly training?: Training;
}

function staff({
  role = 'doctor',
  organisation = 'RXX01',
  purpose = 'TREAT',
  training = 'current',
}: Asking = {}): Identity {
  return {
    requester: {
      userId: 'user-1',
      role,
      roleCode: 'S8000:G8000:R8000',
      roleProfileId: 'profile-1',
      organisation,
      groups: [],
    },
    purpose,
    training,
    ownNhsNumber: null,
  };
}

function patient(ownNhsNumber: string): Identity {
  return {
    requester: {
      userId: 'citizen-1',
      role: 'patient',
      roleCode: null,
      roleProfileId: null,
      organisation: null,
      groups: [],
    },
    purpose: 'PATRQT',
    training: 'not-staff',
    ownNhsNumber,
  };
}

function houseAt(address = doorAddress, env: Record<string, string> = {}): AccessHouse {
  const { config, secrets } = readConfig({ PDS_URL: `${address}${pdsBasePath}`, ...env });
  return { policy, trace: personTrace(config, secrets, membership), store, now: () => today };
}

const grant = (identity: Identity, nhsNumber = ordinary.nhsNumber, house = houseAt()): Promise<Access> =>
  grantAccess(house, identity, nhsNumber, correlationId);

/** The code of the refusal, or the relationship that access was granted on. */
async function outcome(work: Promise<Access>): Promise<string> {
  return work.then(
    ({ context }) => context.relationship,
    (cause: unknown) => (cause instanceof GatewayFault ? cause.code : String(cause)),
  );
}

async function recorded(
  ...rows: readonly {
    nhsNumber?: string;
    organisation?: string;
    basis?: string;
    validUntil?: string | null;
  }[]
): Promise<void> {
  const facts = rows.map((row) => ({
    nhsNumber: ordinary.nhsNumber,
    organisation: 'RXX01',
    basis: 'encounter',
    issuer: 'Northgate patient administration',
    validUntil: null,
    ...row,
  }));
  await writeFile(join(dataDir, 'relationships.yaml'), stringify(facts));
  await importFacts(store, dataDir);
}

async function dissented(nhsNumber: string): Promise<void> {
  const rows = [{ nhsNumber, kind: 'dissent', scope: 'region' }];
  await writeFile(join(dataDir, 'preferences.yaml'), stringify(rows));
  await importFacts(store, dataDir);
}

describe('access', () => {
  it('comes with the person traced', async () => {
    const { context, person } = await grant(staff({ organisation: 'G99001' }));
    expect(context).toMatchObject({
      purpose: 'TREAT',
      relationship: 'registered-practice',
      dissent: 'none',
      correlationId,
      patient: {
        nhsNumber: ordinary.nhsNumber,
        formerNhsNumbers: [],
        birthDate: ordinary.birthDate,
        familyName: ordinary.familyName,
        state: 'ordinary',
        registeredPractice: 'G99001',
      },
    });
    expect(person).toMatchObject({
      name: { family: ordinary.familyName },
      registeredPractice: { odsCode: 'G99001', name: 'Riverside Surgery' },
      restricted: false,
    });
  });

  it('asks for a number with a right check digit', () => {
    for (const sent of [
      '9990000027',
      '999000002',
      '99900000260',
      '999 000 0026',
      '',
      9990000026,
      null,
      {},
      ['9990000026'],
    ]) {
      expect(() => checkedNhsNumber(sent)).toThrow(GatewayFault);
    }
    expect(checkedNhsNumber('9990000026')).toBe('9990000026');
  });
});

describe('a relationship', () => {
  it('is none without a fact', async () => {
    expect(await outcome(grant(staff()))).toBe('NO_RELATIONSHIP');
  });

  it.each(['encounter', 'referral', 'caseload'])('is a recorded %s', async (basis) => {
    await recorded({ basis });
    expect(await outcome(grant(staff()))).toBe(basis);
  });

  it('is with one organisation, not with others', async () => {
    await recorded({});
    expect(await outcome(grant(staff({ organisation: 'RXX02' })))).toBe('NO_RELATIONSHIP');
  });

  it('is with one person, not with others', async () => {
    await recorded({ nhsNumber: personIn('hilltop').nhsNumber });
    expect(await outcome(grant(staff()))).toBe('NO_RELATIONSHIP');
  });

  it('holds through its last day', async () => {
    await recorded({ validUntil: '2026-06-10' });
    expect(await outcome(grant(staff()))).toBe('encounter');
    await recorded({ validUntil: '2026-06-09' });
    expect(await outcome(grant(staff()))).toBe('NO_RELATIONSHIP');
  });

  it('is any of several that is current', async () => {
    await recorded(
      { basis: 'caseload', validUntil: '2020-01-01' },
      { basis: 'referral', validUntil: '2027-01-01' },
    );
    expect(await outcome(grant(staff()))).toBe('referral');
  });

  it('of a patient is with nobody but themselves', async () => {
    expect(await outcome(grant(patient(ordinary.nhsNumber)))).toBe('self');
    expect(await outcome(grant(patient(personIn('hilltop').nhsNumber)))).toBe('NO_RELATIONSHIP');
    await recorded({ organisation: 'patient' });
    expect(await outcome(grant(patient(superseded.nhsNumber)))).toBe('NO_RELATIONSHIP');
  });

  it('ends when its file no longer says so', async () => {
    await recorded({});
    await recorded({ organisation: 'RXX02' });
    expect(await outcome(grant(staff()))).toBe('NO_RELATIONSHIP');
  });
});

describe('a superseded number', () => {
  it('is followed to the current one', async () => {
    const { context } = await grant(staff({ organisation: 'G99001' }), formerNumber);
    expect(context.patient).toMatchObject({
      nhsNumber: superseded.nhsNumber,
      formerNhsNumbers: [formerNumber],
    });
  });

  it('matches facts recorded under it', async () => {
    await recorded({ nhsNumber: formerNumber });
    expect(await outcome(grant(staff(), formerNumber))).toBe('encounter');
    await recorded({ nhsNumber: superseded.nhsNumber });
    expect(await outcome(grant(staff(), formerNumber))).toBe('encounter');
  });

  it('matches a dissent recorded under it', async () => {
    await dissented(formerNumber);
    const { context } = await grant(staff({ organisation: 'G99001' }), formerNumber);
    expect(context.dissent).toBe('regional');
  });

  it('is the patient’s own where it is the number of their token', async () => {
    expect(await outcome(grant(patient(formerNumber), formerNumber))).toBe('self');
  });

  it('tells a patient nothing of any number but their token’s', async () => {
    const [known, unknown] = [
      grant(patient(superseded.nhsNumber), formerNumber),
      grant(patient(superseded.nhsNumber), '9990000107'),
    ];
    expect(await outcome(known)).toBe('NO_RELATIONSHIP');
    expect(await outcome(unknown)).toBe('NO_RELATIONSHIP');
  });
});

describe('a dissent with the region', () => {
  it('is part of the context', async () => {
    await dissented(ordinary.nhsNumber);
    const { context } = await grant(staff({ organisation: 'G99001' }));
    expect(context.dissent).toBe('regional');
    const other = await grant(staff({ organisation: 'G99002' }), personIn('hilltop').nhsNumber);
    expect(other.context.dissent).toBe('none');
  });
});

describe('whoever has no standing', () => {
  it.each<[string, Identity, string]>([
    ['staff whose training has lapsed', staff({ training: 'lapsed' }), 'training'],
    ['staff for planning', staff({ purpose: 'HOPERAT' }), 'purpose'],
    ['staff for research', staff({ purpose: 'HRESCH' }), 'purpose'],
    ['staff without a purpose', staff({ purpose: 'unstated' }), 'purpose'],
    ['staff with a patient’s purpose', staff({ purpose: 'PATRQT' }), 'purpose'],
    ['a researcher', staff({ role: 'researcher' }), 'role'],
    ['an ICS administrator', staff({ role: 'icsAdministrator' }), 'role'],
    ['a privacy officer', staff({ role: 'privacyOfficer' }), 'role'],
    ['a patient for treatment', { ...patient(ordinary.nhsNumber), purpose: 'TREAT' }, 'purpose'],
    ['a role that is not known', staff({ role: 'constructor' as Role }), 'unreadable-facts'],
  ])('like %s is refused before the trace', async (_who, identity, policyId) => {
    const codes = new Set<unknown>();
    for (const nhsNumber of [superseded.nhsNumber, unknownNumber, invalidatedNhsNumber]) {
      const cause = await grant(identity, nhsNumber).catch((error: unknown) => error);
      expect((cause as GatewayFault).policies).toContain(policyId);
      codes.add((cause as GatewayFault).code);
    }
    expect([...codes]).toEqual([identity.ownNhsNumber === null ? 'ACCESS_REFUSED' : 'NO_RELATIONSHIP']);
    expect(asked).toEqual([]);
  });
});

describe('a person whose state closes the record', () => {
  it.each(['deceased', 'deceased-informal', 'restricted'])(
    'like %s is refused to their own practice',
    async (situation) => {
      const own = personIn(situation);
      await recorded({ nhsNumber: own.nhsNumber, organisation: 'G99001' });
      expect(await outcome(grant(staff({ organisation: 'G99001' }), own.nhsNumber))).toBe('ACCESS_REFUSED');
    },
  );
});

describe('the demographics service', () => {
  const doctor = staff({ organisation: 'G99001' });

  it('is asked once for each access', async () => {
    await grant(doctor);
    expect(asked).toEqual([ordinary.nhsNumber]);
  });

  it('may know of no such person', async () => {
    expect(await outcome(grant(doctor, unknownNumber))).toBe('PATIENT_NOT_FOUND');
    expect(await outcome(grant(doctor, invalidatedNhsNumber))).toBe('PATIENT_NOT_FOUND');
  });

  it('may refuse a number that we let through', async () => {
    expect(await outcome(grant(doctor, '9990000027'))).toBe('INVALID_NHS_NUMBER');
  });

  const outcomeOf = (code: string) =>
    JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ details: { coding: [{ code }] } }] });
  const whole = JSON.stringify({
    resourceType: 'Patient',
    id: ordinary.nhsNumber,
    meta: { security: [{ code: 'U' }] },
  });
  it.each<[string, number, string]>([
    ['too many requests', 429, outcomeOf('TOO_MANY_REQUESTS')],
    ['an access that is denied', 401, outcomeOf('ACCESS_DENIED')],
    ['a request without an id', 400, outcomeOf('MISSING_VALUE')],
    ['a bare 400', 400, 'Bad Request'],
    ['a bare 404', 404, '<html>no such page</html>'],
    ['a 404 in JSON', 404, '{"message":"no route"}'],
    ['a failure', 500, outcomeOf('RESOURCE_NOT_FOUND').slice(1)],
    ['a redirect', 302, ''],
    ['nothing', 200, ''],
    ['no JSON', 200, 'Patient'],
    ['null', 200, 'null'],
    ['a list', 200, `[${whole}]`],
    ['an OperationOutcome', 200, outcomeOf('UNSUPPORTED_SERVICE')],
    ['a patient without a number', 200, whole.replace(ordinary.nhsNumber, 'unknown')],
    ['a patient without a security label', 200, whole.replace('[{"code":"U"}]', '[]')],
    ['a bundle', 200, `{"resourceType":"Bundle","entry":[{"resource":${whole}}]}`],
    ['cut JSON', 200, whole.slice(0, -10)],
    ['more than it may', 200, whole.replace('"U"', `"U","display":"${'x'.repeat(300_000)}"`)],
  ])('that answers %s cannot be asked', async (_what, status, body) => {
    inItsStead = async () => ({ status, body });
    expect(await outcome(grant(doctor))).toBe('PERSON_TRACE_UNAVAILABLE');
  });

  it('may leave out whatever is not needed', async () => {
    await recorded({});
    inItsStead = async () => ({ status: 200, body: whole });
    expect(await outcome(grant(staff()))).toBe('encounter');
  });

  it('that takes too long cannot be asked', async () => {
    const late = Promise.withResolvers<void>();
    inItsStead = async () => {
      await late.promise;
      return { status: 200, body: whole };
    };
    expect(await outcome(grant(doctor, undefined, houseAt(doorAddress, { PDS_TIMEOUT_MS: '50' })))).toBe(
      'PERSON_TRACE_UNAVAILABLE',
    );
    late.resolve();
  });

  it('that is down cannot be asked', async () => {
    const nobody = fastify();
    const address = await nobody.listen({ port: 0, host: '127.0.0.1' });
    await nobody.close();
    expect(await outcome(grant(doctor, undefined, houseAt(address)))).toBe('PERSON_TRACE_UNAVAILABLE');
  });
});

describe('the stage', () => {
  const text = 'query Ward { __typename }';
  const arrival = (sent: unknown, identity = staff()) => ({
    identity,
    operation: { ...readOperation({ query: text }, 100), text, variables: {}, patient: sent },
    correlationId,
    startedAt: new Date(),
  });
  const stage = (trail: Audit = audit) => accessStage({ ...houseAt(), audit: trail });
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'granted',
      (cause: unknown) => (cause instanceof GatewayFault ? cause.code : String(cause)),
    );
  const auditRows = () => {
    const database = new DatabaseSync(join(dataDir, 'suture.sqlite'));
    const rows = database
      .prepare('select outcome, policies, nhsNumber, relationship, operationName, sources from audit')
      .all();
    database.close();
    return rows.map((row) => ({ ...row }));
  };

  it('lets an operation about nobody pass without asking', async () => {
    expect(await stage()(arrival(undefined))).toBeNull();
    expect(asked).toEqual([]);
    expect(auditRows()).toEqual([]);
  });

  it('refuses what is no NHS number before all else', async () => {
    for (const sent of [null, '', 'Brackwater', '9990000027', 9990000026, {}]) {
      expect(await codeOf(stage()(arrival(sent)))).toBe('INVALID_NHS_NUMBER');
    }
    expect(asked).toEqual([]);
  });

  it('has a refusal on record before the requester hears of it', async () => {
    expect(await codeOf(stage()(arrival(ordinary.nhsNumber)))).toBe('NO_RELATIONSHIP');
    expect(await codeOf(stage()(arrival(unknownNumber)))).toBe('PATIENT_NOT_FOUND');
    expect(await codeOf(stage()(arrival(ordinary.nhsNumber, staff({ training: 'lapsed' }))))).toBe(
      'ACCESS_REFUSED',
    );
    inItsStead = async () => ({ status: 500, body: '' });
    expect(await codeOf(stage()(arrival(ordinary.nhsNumber)))).toBe('PERSON_TRACE_UNAVAILABLE');
    const row = { nhsNumber: ordinary.nhsNumber, relationship: null, operationName: 'Ward', sources: '[]' };
    expect(auditRows()).toEqual([
      { ...row, outcome: 'NO_RELATIONSHIP', policies: '["relationship"]' },
      { ...row, outcome: 'PATIENT_NOT_FOUND', policies: '[]', nhsNumber: unknownNumber },
      { ...row, outcome: 'ACCESS_REFUSED', policies: '["training"]' },
      { ...row, outcome: 'PERSON_TRACE_UNAVAILABLE', policies: '[]' },
    ]);
  });

  it('leaves the record of what is granted to the engine', async () => {
    await recorded({});
    expect(await codeOf(stage()(arrival(ordinary.nhsNumber)))).toBe('granted');
    expect(auditRows()).toEqual([]);
  });

  it('says nothing of a refusal that cannot be recorded', async () => {
    const nowhere = join(dataDir, 'no-folder');
    await writeFile(nowhere, '');
    const broken = openAudit(nowhere);
    expect(await codeOf(stage(broken)(arrival(ordinary.nhsNumber)))).toBe('AUDIT_UNAVAILABLE');
    expect(await codeOf(stage(broken)(arrival(unknownNumber)))).toBe('AUDIT_UNAVAILABLE');
    await broken.close();
  });

  it('keeps a failure of ours to itself', async () => {
    await store.destroy();
    expect(await codeOf(stage()(arrival(ordinary.nhsNumber)))).toBe('INTERNAL_SERVER_ERROR');
    expect(auditRows()).toMatchObject([{ outcome: 'INTERNAL_SERVER_ERROR' }]);
    store = await openStore(dataDir);
  });
});

describe('a file of facts', () => {
  async function problemsOf(file: string, text: string): Promise<string> {
    await writeFile(join(dataDir, file), text);
    const cause = await importFacts(store, dataDir).catch((error: unknown) => error);
    expect(cause).toBeInstanceOf(DataFileFault);
    return (cause as DataFileFault).message;
  }

  it('is refused with every problem in it', async () => {
    const message = await problemsOf(
      'relationships.yaml',
      stringify([
        {
          nhsNumber: '9990000027',
          organisation: '',
          basis: 'friendship',
          issuer: 'ward',
          validUntil: '30/06/2026',
        },
        {
          nhsNumber: ordinary.nhsNumber,
          organisation: 'RXX01',
          basis: 'registered-practice',
          issuer: 'ward',
          validUntil: null,
          note: 'x',
        },
        { nhsNumber: ordinary.nhsNumber, organisation: 'RXX01', basis: 'self', validUntil: null },
      ]),
    );
    for (const place of [
      '0.nhsNumber',
      '0.organisation',
      '0.basis',
      '0.validUntil',
      '1.basis',
      ':8:3: `1.basis`',
      '`1.note`: found a key that is not known',
      '2.basis',
      '2.issuer',
    ]) {
      expect(message).toContain(place);
    }
    expect(message).toContain('relationships.yaml');
    expect(message).not.toContain('9990000027');
    expect(message).not.toContain(ordinary.nhsNumber);
  });

  it.each([
    ['words', 'everybody'],
    ['no list', '{ nhsNumber: "9990000026" }'],
    ['no YAML', '- { nhsNumber: '],
    ['a number that lost its quotes', '- { nhsNumber: 9990000026, kind: dissent, scope: region }'],
    ['a number with a slip', '- { nhsNumber: "9990000027", kind: dissent, scope: region }'],
    ['another kind', '- { nhsNumber: "9990000026", kind: consent, scope: region }'],
    ['another scope', '- { nhsNumber: "9990000026", kind: dissent, scope: ward }'],
    ['an alias', '- &a { nhsNumber: "9990000026", kind: dissent, scope: region }\n- *a'],
  ])('with %s is refused', async (_what, text) => {
    expect(await problemsOf('preferences.yaml', text)).toContain('preferences.yaml');
  });

  it('has its problems told with those of the other files', async () => {
    await writeFile(join(dataDir, 'membership.yaml'), '- { odsCode: 999, name: A, groups: [] }\n');
    await writeFile(join(dataDir, 'relationships.yaml'), '# first\n- nhsNumber: 9990000026\n');
    const message = await problemsOf('preferences.yaml', '- { nhsNumber: "9990000027", kind: no }');
    for (const words of [
      'membership.yaml:1:5: `0.odsCode`: found a number, expected text: put it in quotes',
      'relationships.yaml:2:3: `0.nhsNumber`: found a number, expected text: put it in quotes',
      'relationships.yaml:2:3: `0.issuer`: found nothing, expected text',
      'preferences.yaml:1:5: `0.nhsNumber`: found other text, expected an NHS number: ten digits',
      'preferences.yaml:1:30: `0.kind`: found other text, expected `dissent`',
      'preferences.yaml:1:3: `0.scope`: found nothing, expected `region`',
    ])
      expect(message).toContain(words);
    expect(message).not.toMatch(/\d{10}/);
  });

  it('never has a key that may be a number repeated', async () => {
    const message = await problemsOf('preferences.yaml', '- { 9990000026: dissent, 9990000026: x }');
    expect(message).not.toContain('9990000026');
  });

  it.each(['', '# none yet\n'])('that is empty (%j) is an empty list', async (text) => {
    await recorded({});
    await writeFile(join(dataDir, 'relationships.yaml'), text);
    await importFacts(store, dataDir);
    expect(await outcome(grant(staff()))).toBe('NO_RELATIONSHIP');
  });

  it('in another encoding is refused', async () => {
    await writeFile(join(dataDir, 'membership.yaml'), Buffer.from('- name: Café', 'latin1'));
    expect(await problemsOf('preferences.yaml', '')).toContain('membership.yaml:1:1: the file: found bytes');
  });

  it('that is refused changes nothing', async () => {
    await recorded({});
    await problemsOf('relationships.yaml', '[{}]');
    expect(await outcome(grant(staff()))).toBe('encounter');
  });

  it('may hold thousands of rows', async () => {
    await recorded(...Array.from({ length: 2500 }, (_, index) => ({ organisation: `ORG${index}` })));
    expect(await outcome(grant(staff({ organisation: 'ORG2499' })))).toBe('encounter');
  });

  it('that is absent leaves what was imported', async () => {
    await recorded({});
    await rm(join(dataDir, 'relationships.yaml'));
    await importFacts(store, dataDir);
    expect(await outcome(grant(staff()))).toBe('encounter');
  });
});

import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import fastify, { type FastifyInstance } from 'fastify';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { purposes } from '../consent-policy/vocabulary.ts';
import { readConfig } from '../gateway/config.ts';
import { GatewayFault } from '../gateway/fault.ts';
import {
  type Identity,
  type IdentityHeaders,
  type IdentityStage,
  identityStage,
} from '../gateway/identity.ts';
import type { Membership } from '../gateway/membership.ts';

type Claims = Record<string, unknown>;
type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

const purposeSystem = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const membership: Membership = {
  groupsOf: (odsCode) => (odsCode === 'RXX01' ? ['ICS-NORTH'] : []),
  nameOf: () => null,
};

const purposeOfUse = (...codes: string[]) => ({
  ihe_iua: { purpose_of_use: codes.map((code) => ({ system: purposeSystem, code })) },
});
const nurse = { person_roleid: 'profile-nurse', org_code: 'RXX02', role_code: 'S8000:G8000:R8001', aow: [] };
const doctor = { person_roleid: 'profile-doctor', org_code: 'RXX01', role_code: 'S8000:G8000:R8000' };
const staff: Claims = {
  nhsid_useruid: '910000000001',
  selected_roleid: 'profile-doctor',
  nhsid_nrbac_roles: [nurse, doctor],
  ig_training_valid_until: '2999-12-31',
  extensions: purposeOfUse('TREAT'),
};
const patient: Claims = {
  nhs_number: '9990000026',
  identity_proofing_level: 'P9',
  extensions: purposeOfUse('PATRQT'),
};

/** An issuer's key server; `keys` may change while it runs. */
let server: FastifyInstance;
let issuer: string;
const keys: JWK[] = [];
let status = 200;
let asked = 0;
let pair: Pair;
let stage: IdentityStage;

async function publish(kid: string, made: Pair, more: JWK = {}): Promise<void> {
  keys.push({ ...(await exportJWK(made.publicKey)), kid, use: 'sig', ...more });
}

function stageWith(env: Record<string, string> = {}, now?: () => Date): IdentityStage {
  return identityStage(readConfig({ ISSUER_URL: issuer, ...env }).config, membership, now);
}

interface Signing {
  readonly header?: Partial<JWTHeaderParameters>;
  readonly key?: Parameters<SignJWT['sign']>[0];
}

/** A token that is right in everything that is not given otherwise; a claim of undefined is left out. */
function token(claims: Claims, { header = {}, key = pair.privateKey }: Signing = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const right = { iss: issuer, aud: 'suture', sub: 'sub-1', iat: now, exp: now + 300 };
  return new SignJWT({ ...right, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'first', ...header })
    .sign(key);
}

async function identityOf(
  claims: Claims,
  more: Partial<IdentityHeaders> = {},
  signing: Signing = {},
): Promise<Identity> {
  return stage({ authorization: `Bearer ${await token(claims, signing)}`, ...more });
}

/** The code and the words of the refusal; fails if there is none. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const cause = await work.then(
    () => 'not refused',
    (error: unknown) => error,
  );
  return cause instanceof GatewayFault ? cause.code : String(cause);
}

beforeAll(async () => {
  server = fastify();
  server.get('/jwks', async (_request, reply) => {
    asked += 1;
    return reply.code(status).send({ keys });
  });
  issuer = await server.listen({ port: 0, host: '127.0.0.1' });
  pair = await generateKeyPair('ES256');
  await publish('first', pair);
  stage = stageWith();
});
afterAll(() => server.close());

describe('identity of staff', () => {
  it('comes from the selected role profile', async () => {
    expect(await identityOf(staff)).toEqual({
      requester: {
        userId: '910000000001',
        role: 'doctor',
        roleCode: 'S8000:G8000:R8000',
        roleProfileId: 'profile-doctor',
        organisation: 'RXX01',
        groups: ['ICS-NORTH'],
      },
      purpose: 'TREAT',
      training: 'current',
      ownNhsNumber: null,
    });
  });

  it('takes nothing from profiles that are not selected', async () => {
    const { requester } = await identityOf({ ...staff, selected_roleid: 'profile-nurse' });
    expect(requester).toMatchObject({ role: 'nurse', organisation: 'RXX02', groups: [] });
  });

  it('is refused when the selected profile is missing', async () => {
    expect(await refusal(identityOf({ ...staff, selected_roleid: 'profile-other' }))).toBe('UNAUTHENTICATED');
    expect(await refusal(identityOf({ ...staff, nhsid_nrbac_roles: [] }))).toBe('UNAUTHENTICATED');
    expect(await refusal(identityOf({ ...staff, nhsid_nrbac_roles: undefined }))).toBe('UNAUTHENTICATED');
    expect(await refusal(identityOf({ ...staff, selected_roleid: undefined }))).toBe('UNAUTHENTICATED');
  });

  it.each(['S8000:G8000:R9999', '', 'R8000:', 'constructor', '__proto__', 'toString'])(
    'is refused for the unknown job role `%s`',
    async (role_code) => {
      const roles = [{ ...doctor, role_code, aow: ['constructor'] }];
      expect(await refusal(identityOf({ ...staff, nhsid_nrbac_roles: roles }))).toBe('UNAUTHENTICATED');
    },
  );

  it('tells health professionals apart by area of work', async () => {
    const roles = (aow: string[]) => [{ ...doctor, role_code: 'S8000:G8000:R8003', aow }];
    const ofArea = (aow: string[]) => identityOf({ ...staff, nhsid_nrbac_roles: roles(aow) });
    expect((await ofArea(['Pharmacy'])).requester.role).toBe('pharmacist');
    expect((await ofArea(['constructor', 'Ambulance'])).requester.role).toBe('paramedic');
    expect(await refusal(ofArea([]))).toBe('UNAUTHENTICATED');
    expect(await refusal(ofArea(['constructor']))).toBe('UNAUTHENTICATED');
  });

  it('has a patient’s number only as a patient', async () => {
    const both = await identityOf({ ...patient, ...staff });
    expect(both).toMatchObject({ requester: { role: 'doctor' }, ownNhsNumber: null });
  });
});

describe('training', () => {
  const today = new Date('2026-06-10T12:00:00Z');
  const times = { iat: today.getTime() / 1000 - 60, exp: today.getTime() / 1000 + 60 };
  async function training(claim: unknown, graceDays = 0): Promise<string> {
    const at = stageWith({ TRAINING_GRACE_DAYS: String(graceDays) }, () => today);
    const claims = { ...staff, ...times, ig_training_valid_until: claim };
    return (await at({ authorization: `Bearer ${await token(claims)}` })).training;
  }

  it('counts through its last day and no longer', async () => {
    expect(await training('2026-06-10')).toBe('current');
    expect(await training('2026-06-09')).toBe('lapsed');
  });

  it('counts on for the days of grace', async () => {
    expect(await training('2026-06-03', 7)).toBe('current');
    expect(await training('2026-06-02', 7)).toBe('lapsed');
  });

  it.each([undefined, null, '', 'tomorrow', '2999', 20300101, ['2999-12-31'], '2999-13-45'])(
    'counts as lapsed when it says %j',
    async (claim) => {
      expect(await training(claim)).toBe('lapsed');
    },
  );
});

describe('identity of a patient', () => {
  it('needs proofing level P9', async () => {
    const { requester, training, purpose, ownNhsNumber } = await identityOf(patient);
    expect(requester).toMatchObject({ userId: 'sub-1', role: 'patient', organisation: null, groups: [] });
    expect({ training, purpose, ownNhsNumber }).toEqual({
      training: 'not-staff',
      purpose: 'PATRQT',
      ownNhsNumber: '9990000026',
    });
    for (const level of ['P5', 'p9', '', undefined]) {
      expect(await refusal(identityOf({ ...patient, identity_proofing_level: level }))).toBe(
        'UNAUTHENTICATED',
      );
    }
  });

  it('needs a number in the token', async () => {
    expect(await refusal(identityOf({ ...patient, nhs_number: undefined }))).toBe('UNAUTHENTICATED');
    expect(await refusal(identityOf({ ...patient, nhs_number: 9990000026 }))).toBe('UNAUTHENTICATED');
  });
});

describe('purpose of use', () => {
  const withPurposes = (codes: string[], chosen?: string | string[]) =>
    identityOf({ ...staff, extensions: purposeOfUse(...codes) }, { 'purpose-of-use': chosen });

  it('is chosen by header among those of the token', async () => {
    expect((await withPurposes(['TREAT', 'BTG'], 'BTG')).purpose).toBe('BTG');
    expect((await withPurposes(['TREAT', 'BTG'], 'TREAT')).purpose).toBe('TREAT');
    expect((await withPurposes(['TREAT'], 'TREAT')).purpose).toBe('TREAT');
  });

  it('is unstated where several are possible and none chosen', async () => {
    expect((await withPurposes(['TREAT', 'BTG'])).purpose).toBe('unstated');
    expect((await withPurposes(['TREAT', 'BTG'], ['TREAT', 'BTG'])).purpose).toBe('unstated');
    expect((await withPurposes(['TREAT', 'BTG'], 'TREAT, BTG')).purpose).toBe('unstated');
  });

  it('is unstated beyond what the token allows', async () => {
    expect((await withPurposes(['TREAT'], 'BTG')).purpose).toBe('unstated');
    expect((await withPurposes([], 'TREAT')).purpose).toBe('unstated');
    expect((await withPurposes([])).purpose).toBe('unstated');
  });

  it('is unstated in unknown words or another code system', async () => {
    const foreign = { ihe_iua: { purpose_of_use: [{ system: 'urn:other', code: 'TREAT' }] } };
    expect((await identityOf({ ...staff, extensions: foreign })).purpose).toBe('unstated');
    expect((await withPurposes(['CURIOSITY'])).purpose).toBe('unstated');
    expect((await withPurposes(['constructor'])).purpose).toBe('unstated');
    for (const extensions of [undefined, null, {}, 'TREAT', { ihe_iua: { purpose_of_use: 'TREAT' } }]) {
      expect((await identityOf({ ...staff, extensions })).purpose).toBe('unstated');
    }
  });

  it('never goes beyond the token, whatever the header', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...purposes), { maxLength: 4 }),
        fc.option(fc.oneof(fc.constantFrom(...purposes), fc.string()), { nil: undefined }),
        async (codes, chosen) => {
          const { purpose } = await withPurposes([...codes], chosen);
          expect(['unstated', ...codes]).toContain(purpose);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a token', () => {
  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic dXNlcjpwYXNz',
    'Bearer a b',
    'Bearer not.a.token',
    'Bearer ..',
    'Bearer eyJhbGciOiJub25lIn0..',
    'eyJhbGciOiJFUzI1NiJ9.e30.AA',
    `Bearer ${'A'.repeat(10_000)}`,
  ])('is missing or garbled in the header %j', async (authorization) => {
    expect(await refusal(stage({ authorization }))).toBe('UNAUTHENTICATED');
  });

  it.each<[string, Claims]>([
    ['another issuer', { iss: 'https://elsewhere.example' }],
    ['another audience', { aud: 'another-gateway' }],
    ['no audience', { aud: undefined }],
    ['no issuer', { iss: undefined }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['no end', { exp: undefined }],
    ['no time of issue', { iat: undefined }],
    ['an end that has passed', { exp: Math.floor(Date.now() / 1000) - 5 }],
    ['a beginning that is still to come', { nbf: Math.floor(Date.now() / 1000) + 600 }],
    ['a time that is no number', { exp: 'tomorrow' }],
  ])('with %s is refused', async (_name, claims) => {
    expect(await refusal(identityOf({ ...staff, ...claims }))).toBe('UNAUTHENTICATED');
  });

  it.each(['JWT', 'id+jwt', 'suture-access+jwt', undefined])('of type %j is refused', async (typ) => {
    const header = { alg: 'ES256', kid: 'first', typ } as JWTHeaderParameters;
    expect(await refusal(identityOf(staff, {}, { header }))).toBe('UNAUTHENTICATED');
  });

  it('without a signature is refused', async () => {
    const [, payload] = (await token(staff)).split('.');
    for (const alg of ['none', 'None', 'NONE']) {
      const header = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt' })).toString('base64url');
      for (const signature of ['', 'AA']) {
        const authorization = `Bearer ${header}.${payload}.${signature}`;
        expect(await refusal(stage({ authorization }))).toBe('UNAUTHENTICATED');
      }
    }
  });

  it('signed with the public key as a secret is refused', async () => {
    const secret = createSecretKey(Buffer.from(await exportSPKI(pair.publicKey)));
    expect(await refusal(identityOf(staff, {}, { header: { alg: 'HS256' }, key: secret }))).toBe(
      'UNAUTHENTICATED',
    );
    const raw = createSecretKey(Buffer.from(JSON.stringify(keys[0])));
    expect(await refusal(identityOf(staff, {}, { header: { alg: 'HS256' }, key: raw }))).toBe(
      'UNAUTHENTICATED',
    );
  });

  it('in an algorithm that is not on the list is refused', async () => {
    const rsa = await generateKeyPair('RS256');
    await publish('rsa', rsa, { alg: 'RS256' });
    const signing = { header: { alg: 'RS256', kid: 'rsa' }, key: rsa.privateKey };
    const listed = stageWith({ TOKEN_ALGORITHMS: 'RS256' });
    const authorization = `Bearer ${await token(staff, signing)}`;
    expect((await listed({ authorization })).requester.role).toBe('doctor');
    expect(await refusal(stageWith()({ authorization }))).toBe('UNAUTHENTICATED');
  });

  it('changed after signing is refused', async () => {
    const [header, , signature] = (await token(staff)).split('.');
    const [, other] = (await token({ ...staff, selected_roleid: 'profile-nurse' })).split('.');
    const authorization = `Bearer ${header}.${other}.${signature}`;
    expect(await refusal(stage({ authorization }))).toBe('UNAUTHENTICATED');
  });
});

describe('keys of the issuer', () => {
  it('are fetched again for an unknown one', async () => {
    const own = stageWith();
    await own({ authorization: `Bearer ${await token(staff)}` });
    const rotated = await generateKeyPair('ES256');
    const signing = { header: { kid: 'second' }, key: rotated.privateKey };
    await publish('second', rotated);
    await expect
      .poll(async () => refusal(own({ authorization: `Bearer ${await token(staff, signing)}` })), {
        timeout: 4000,
        interval: 200,
      })
      .toBe('not refused');
  });

  it('are not fetched for every unknown one', async () => {
    const own = stageWith();
    await own({ authorization: `Bearer ${await token(staff)}` });
    const before = asked;
    for (const kid of ['a', 'b', 'c', 'd', 'e']) {
      const authorization = `Bearer ${await token(staff, { header: { kid } })}`;
      expect(await refusal(own({ authorization }))).toBe('UNAUTHENTICATED');
    }
    expect(asked - before).toBeLessThan(5);
  });

  it('are remembered while the issuer is down', async () => {
    const own = stageWith();
    const authorization = `Bearer ${await token(staff)}`;
    await own({ authorization });
    status = 503;
    const remembered = await refusal(own({ authorization }));
    const never = await refusal(stageWith()({ authorization }));
    status = 200;
    expect(remembered).toBe('not refused');
    expect(never).toBe('IDENTITY_UNAVAILABLE');
  });

  it('that cannot be had are no fault of the caller', async () => {
    const authorization = `Bearer ${await token(staff)}`;
    const nobody = stageWith({ ISSUER_JWKS_URL: 'http://127.0.0.1:1/jwks' });
    expect(await refusal(nobody({ authorization }))).toBe('IDENTITY_UNAVAILABLE');
    const noKeys = stageWith({ ISSUER_JWKS_URL: `${issuer}/nothing-here` });
    expect(await refusal(noKeys({ authorization }))).toBe('IDENTITY_UNAVAILABLE');
    expect(await refusal(nobody({ authorization: 'Bearer not.a.token' }))).toBe('UNAUTHENTICATED');
  });
});

describe('a refusal', () => {
  it('quotes nothing of the token', async () => {
    const secret = 'Zyxwvut';
    const claims = { ...staff, selected_roleid: secret, sub: secret, nhs_number: secret, iss: secret };
    for (const broken of [claims, { ...claims, iss: issuer }]) {
      const cause = await identityOf(broken).catch((error: GatewayFault) => error.message);
      expect(cause).not.toContain(secret);
    }
  });
});

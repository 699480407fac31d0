import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccessContext } from '../consent-policy/access-context.ts';
import { createSigner, createVerifier, type Signer } from '../consent-policy/signature.ts';

const issuer = 'https://gateway.example';
const audience = 'northgate-hospital';
const moment = new Date('2026-11-23T10:00:00Z');
const later = (seconds: number) => () => new Date(moment.getTime() + seconds * 1000);
const now = later(0);

const access: AccessContext = {
  requester: {
    userId: '555000000001',
    role: 'doctor',
    roleCode: 'S8000:G8000:R8000',
    roleProfileId: '555000000101',
    organisation: 'RXX01',
    groups: ['ICS-NORTH'],
  },
  purpose: 'TREAT',
  training: 'current',
  relationship: 'encounter',
  patient: {
    nhsNumber: '9990000018',
    formerNhsNumbers: ['9990000026'],
    birthDate: '1962-04',
    familyName: 'Example',
    state: 'ordinary',
    registeredPractice: null,
  },
  dissent: 'none',
  correlationId: 'c-1',
};

const gateway = createSigner(issuer, now);
const verifier = (jwks: Parameters<typeof createVerifier>[0]['jwks'] = gateway.jwks(), at = now) =>
  createVerifier({ jwks, issuer, audience, now: at });
const refused = expect.objectContaining({ name: 'AccessContextRefused', code: 'ACCESS_CONTEXT_REFUSED' });

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part: string | undefined) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

/** Tokens of a signer whose private key the test holds, so that anything can be signed. */
function ownKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const jwk = { ...publicKey.export({ format: 'jwk' }), kty: 'OKP', kid: 'own', alg: 'EdDSA', use: 'sig' };
  const iat = Math.floor(moment.getTime() / 1000);
  const claims = {
    iss: issuer,
    aud: audience,
    iat,
    exp: iat + 60,
    jti: 'j',
    sub: access.requester.userId,
    access,
  };
  const token = (changes: object = {}, header: object = {}) => {
    const head = { alg: 'EdDSA', typ: 'suture-access+jwt', kid: 'own', ...header };
    const signed = `${encode(head)}.${encode({ ...claims, ...changes })}`;
    return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
  };
  return { token, verify: (text: string) => verifier({ keys: [jwk] }).verify(text), publicKey };
}
const own = ownKey();

describe('an access context', () => {
  test('it arrives as it was signed', async () => {
    expect(await verifier().verify(gateway.sign(access, audience))).toEqual(access);
  });

  test('the token says what it is', () => {
    const [header, payload] = gateway
      .sign(access, audience)
      .split('.')
      .map((part) => part);
    expect(decode(header)).toEqual({
      alg: 'EdDSA',
      typ: 'suture-access+jwt',
      kid: gateway.jwks().keys[0]?.kid,
    });
    expect(decode(payload)).toMatchObject({
      iss: issuer,
      aud: audience,
      sub: '555000000001',
      jti: expect.any(String),
    });
    expect(decode(payload).exp - decode(payload).iat).toBe(60);
  });

  test('only the public key is published', () => {
    expect(gateway.jwks().keys).toHaveLength(1);
    expect(Object.keys(gateway.jwks().keys[0] ?? {}).sort()).toEqual([
      'alg',
      'crv',
      'kid',
      'kty',
      'use',
      'x',
    ]);
  });

  test('every token is another', () => {
    expect(gateway.sign(access, audience)).not.toBe(gateway.sign(access, audience));
  });
});

describe('a token is refused', () => {
  test('when it is for another audience', async () => {
    await expect(verifier().verify(gateway.sign(access, 'southgate-hospital'))).rejects.toEqual(refused);
  });

  test('when it is from another issuer', async () => {
    const other = createSigner('https://other.example', now);
    await expect(verifier(other.jwks()).verify(other.sign(access, audience))).rejects.toEqual(refused);
  });

  test('when it has expired', async () => {
    const token = gateway.sign(access, audience);
    expect(await verifier(gateway.jwks(), later(59)).verify(token)).toEqual(access);
    await expect(verifier(gateway.jwks(), later(66)).verify(token)).rejects.toEqual(refused);
  });

  test('when it comes from the future', async () => {
    const token = gateway.sign(access, audience);
    await expect(verifier(gateway.jwks(), later(-30)).verify(token)).rejects.toEqual(refused);
  });

  test('when it lives longer than a minute', async () => {
    const iat = Math.floor(moment.getTime() / 1000) - 3600;
    await expect(own.verify(own.token({ iat, exp: iat + 7200 }))).rejects.toEqual(refused);
  });

  test('when another key signed it', async () => {
    const other = createSigner(issuer, now);
    await expect(verifier().verify(other.sign(access, audience))).rejects.toEqual(refused);
  });

  test('when another key signed under the known id', async () => {
    const kid = gateway.jwks().keys[0]?.kid;
    await expect(verifier().verify(own.token({}, { kid }))).rejects.toEqual(refused);
  });

  test('when a claim was changed', async () => {
    const [header, payload, signature] = gateway.sign(access, audience).split('.');
    const changed = encode({ ...decode(payload), access: { ...access, relationship: 'caseload' } });
    await expect(verifier().verify(`${header}.${changed}.${signature}`)).rejects.toEqual(refused);
  });

  test('when it is not signed', async () => {
    const [, payload] = gateway.sign(access, audience).split('.');
    for (const alg of ['none', 'None', 'NONE'])
      await expect(
        verifier().verify(`${encode({ alg, typ: 'suture-access+jwt' })}.${payload}.`),
      ).rejects.toEqual(refused);
  });

  test('when the public key served as a secret', async () => {
    const [, payload] = own.token().split('.');
    for (const secret of [
      own.publicKey.export({ type: 'spki', format: 'pem' }),
      own.publicKey.export({ format: 'jwk' }).x ?? '',
    ]) {
      const signed = `${encode({ alg: 'HS256', typ: 'suture-access+jwt', kid: 'own' })}.${payload}`;
      const mac = createHmac('sha256', secret).update(signed).digest('base64url');
      await expect(own.verify(`${signed}.${mac}`)).rejects.toEqual(refused);
    }
  });

  test.for(['', 'x', 'a.b.c', '..'])('when it is `%s`', async (text) => {
    await expect(verifier().verify(text)).rejects.toEqual(refused);
  });

  test.for(['iss', 'aud', 'iat', 'exp', 'jti', 'sub', 'access'])('when it lacks `%s`', async (claim) => {
    expect(await own.verify(own.token())).toEqual(access);
    await expect(own.verify(own.token({ [claim]: undefined }))).rejects.toEqual(refused);
  });

  const { requester, patient } = access;
  test.for<[string, object]>([
    ['several audiences', { aud: [audience, 'southgate-hospital'] }],
    ['another subject', { sub: '555000000002' }],
    ['an unknown role', { access: { ...access, requester: { ...requester, role: 'wizard' } } }],
    ['an unknown purpose', { access: { ...access, purpose: 'CURIOSITY' } }],
    ['an unknown training', { access: { ...access, training: 'soon' } }],
    ['an unknown relationship', { access: { ...access, relationship: 'friend' } }],
    ['an unknown state of the person', { access: { ...access, patient: { ...patient, state: 'REDACTED' } } }],
    ['a dissent held at a source', { access: { ...access, dissent: 'local' } }],
    ['an unknown key', { access: { ...access, sudo: true } }],
    ['an unknown key within', { access: { ...access, requester: { ...requester, sudo: true } } }],
    [
      'an NHS number of nine digits',
      { access: { ...access, patient: { ...patient, nhsNumber: '999000001' } } },
    ],
    ['no patient', { access: { ...access, patient: undefined } }],
  ])('when it holds %s', async ([, changes]) => {
    await expect(own.verify(own.token(changes))).rejects.toEqual(refused);
  });

  test('when its type is another', async () => {
    await expect(own.verify(own.token({}, { typ: 'at+jwt' }))).rejects.toEqual(refused);
  });

  test('without telling anything of the patient', async () => {
    const wrong = own.token({ access: { ...access, patient: { ...patient, nhsNumber: '9990000018x' } } });
    const error: unknown = await own.verify(wrong).catch((thrown: unknown) => thrown);
    expect(String(error)).toBe(
      'AccessContextRefused: the access context is refused: it holds no access context that can be read',
    );
  });
});

describe('keys over the network', () => {
  let published: Signer = gateway;
  let answering = true;
  const server = createServer((_, response) => {
    response.writeHead(answering ? 200 : 503, { 'content-type': 'application/json' });
    response.end(answering ? JSON.stringify(published.jwks()) : '');
  });
  let jwks: URL;

  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    jwks = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`);
  });
  afterAll(() => void server.close());

  test('a restarted gateway is known within seconds', async () => {
    const { verify } = verifier(jwks);
    const before = gateway.sign(access, audience);
    expect(await verify(before)).toEqual(access);
    published = createSigner(issuer, now);
    const after = published.sign(access, audience);
    await expect.poll(() => verify(after).catch(() => null), { timeout: 5_000 }).toEqual(access);
    await expect(verify(before)).rejects.toEqual(refused);
  });

  test('keys that cannot be had refuse', async () => {
    answering = false;
    await expect(verifier(jwks).verify(published.sign(access, audience))).rejects.toEqual(refused);
    answering = true;
  });
});

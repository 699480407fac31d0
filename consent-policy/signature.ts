import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWK, type JWTPayload, jwtVerify } from 'jose';
import * as z from 'zod';
import type { AccessContext } from './access-context.ts';
import { personStates, purposes, relationships, roles, trainings } from './vocabulary.ts';

const tokenType = 'suture-access+jwt';
const lifetimeSeconds = 60;
/** How far the clocks of two machines may differ. */
const clockToleranceSeconds = 5;
/** How soon an unknown key may ask for the keys again: a gateway that restarts has a new one. */
const keysCooldownMs = 1_000;
const keysTimeoutMs = 2_000;

/** Signs access contexts with a key that lives as long as the process. */
export interface Signer {
  /** A compact JWS (RFC 7515) for one audience, good for 60 s. */
  sign(access: AccessContext, audience: string): string;
  /** The public key, to be served at `/.well-known/jwks.json`. */
  jwks(): { keys: JWK[] };
}

/** Reads access contexts that were signed for one audience. */
export interface Verifier {
  /** Does NOT remember `jti`: a token can be used again while it is current. */
  verify(token: string): Promise<AccessContext>;
}

/** Where the keys are, and what a token must say. */
export interface VerifierOptions {
  readonly jwks: URL | { keys: JWK[] };
  readonly issuer: string;
  readonly audience: string;
  readonly now?: () => Date;
}

/** The token is not a current one from this issuer for this audience, or does not hold an access context. */
export class AccessContextRefused extends Error {
  override readonly name = 'AccessContextRefused';
  readonly code = 'ACCESS_CONTEXT_REFUSED';
  constructor(reason: string, options?: ErrorOptions) {
    super(`the access context is refused: ${reason}`, options);
  }
}

/** A signer with a fresh Ed25519 key. Synchronous `node:crypto`: 0.05 ms a token, where the promises of jose take more. */
export function createSigner(issuer: string, now = () => new Date()): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = publishedKey(publicKey);
  const header = encode({ alg: 'EdDSA', typ: tokenType, kid: key.kid });
  return {
    sign(access, audience) {
      const issuedAt = Math.floor(now().getTime() / 1000);
      const sub = access.requester.userId;
      const times = { iat: issuedAt, exp: issuedAt + lifetimeSeconds };
      const claims = { iss: issuer, aud: audience, ...times, jti: randomUUID(), sub, access };
      const signed = `${header}.${encode(claims)}`;
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
    },
    jwks: () => ({ keys: [{ ...key }] }),
  };
}

/** A verifier for tokens that name exactly this issuer and audience. */
export function createVerifier(options: VerifierOptions): Verifier {
  const { jwks, issuer, audience, now = () => new Date() } = options;
  const keys =
    jwks instanceof URL
      ? createRemoteJWKSet(jwks, { cooldownDuration: keysCooldownMs, timeoutDuration: keysTimeoutMs })
      : createLocalJWKSet(jwks);
  const read = async (token: string) => {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: ['EdDSA'],
      typ: tokenType,
      requiredClaims: ['exp', 'iat', 'jti', 'sub'],
      maxTokenAge: lifetimeSeconds,
      clockTolerance: clockToleranceSeconds,
      currentDate: now(),
    });
    return accessOf(payload, audience);
  };
  return {
    verify: (token) =>
      read(token).catch((cause: unknown) => {
        throw cause instanceof AccessContextRefused
          ? cause
          : new AccessContextRefused(reasonOf(cause), { cause });
      }),
  };
}

/** RFC 8037 key with the RFC 7638 thumbprint as `kid`. */
function publishedKey(publicKey: KeyObject): JWK {
  const { crv, kty, x } = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
  return { crv, kty, x, kid, alg: 'EdDSA', use: 'sig' } as JWK;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function accessOf(payload: JWTPayload, audience: string): AccessContext {
  // jose accepts a list of audiences; a token for several of them is none of ours.
  if (payload.aud !== audience) throw new AccessContextRefused('it names several audiences');
  const read = accessContext.safeParse(payload.access);
  if (!read.success) throw new AccessContextRefused('it holds no access context that can be read');
  if (payload.sub !== read.data.requester.userId)
    throw new AccessContextRefused('its subject is another user');
  return read.data;
}

/** jose's codes name the check that failed and hold nothing of the token. */
function reasonOf(cause: unknown): string {
  return cause instanceof errors.JOSEError ? cause.code : 'its keys could not be had';
}

const text = z.string().min(1).max(200);
const nhsNumber = z.string().regex(/^\d{10}$/);
const strict = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape).readonly();

const accessContext = strict({
  requester: strict({
    userId: text,
    role: z.enum(roles),
    roleCode: text.nullable(),
    roleProfileId: text.nullable(),
    organisation: text.nullable(),
    groups: z.array(text).readonly(),
  }),
  purpose: z.enum(purposes),
  training: z.enum(trainings),
  relationship: z.enum(relationships),
  patient: strict({
    nhsNumber,
    formerNhsNumbers: z.array(nhsNumber).readonly(),
    birthDate: z
      .string()
      .regex(/^\d{4}(-\d{2}){0,2}$/)
      .nullable(),
    familyName: z.string().nullable(),
    state: z.enum(personStates),
    registeredPractice: text.nullable(),
  }),
  dissent: z.enum(['none', 'regional']),
  correlationId: text,
}) satisfies z.ZodType<AccessContext>;

import { GpConnectRefusal } from './outcome.ts';

type Claims = Readonly<Record<string, unknown>>;

/** The resources of the token, with the type that each must have. */
const resourceClaims = {
  requesting_device: 'Device',
  requesting_organization: 'Organization',
  requesting_practitioner: 'Practitioner',
} as const;

/**
 * Checks the audit token that every request carries (GP Connect, “Cross organisation audit and provenance”): unsigned,
 * for five minutes, for direct care. Does NOT check who the practitioner is: the real token proves nothing either.
 */
export function checkAuditToken(authorization: string | undefined, now: Date): void {
  const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
  if (token === undefined) refuse('Authorization header is missing or not a bearer token');
  const [header, payload, signature, ...rest] = token.split('.');
  if (signature !== '' || rest.length > 0) refuse('JWT must have three parts, the last one empty');
  const { alg, typ } = decoded(header);
  if (alg !== 'none' || typ !== 'JWT') refuse('JWT header must be alg none, typ JWT');
  const claims = decoded(payload);
  checkTimes(claims, now);
  checkWords(claims);
  checkResources(claims);
}

function decoded(part: string | undefined): Claims {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // Falls through to the refusal.
  }
  return refuse('JWT part is not base64url JSON');
}

function checkTimes({ iat, exp }: Claims, now: Date): void {
  if (typeof iat !== 'number' || typeof exp !== 'number') refuse('JWT iat and exp must be numbers');
  if (exp - iat !== 300) refuse('JWT exp must be 300 seconds after iat');
  if (exp * 1000 < now.getTime()) refuse('JWT has expired');
}

function checkWords(claims: Claims): void {
  for (const name of ['iss', 'sub', 'aud']) {
    if (typeof claims[name] !== 'string' || claims[name] === '') refuse(`JWT ${name} is missing`);
  }
  if (claims.reason_for_request !== 'directcare') refuse('JWT reason_for_request must be directcare');
  if (claims.requested_scope !== 'patient/*.read') refuse('JWT requested_scope must be patient/*.read');
}

function checkResources(claims: Claims): void {
  for (const [name, resourceType] of Object.entries(resourceClaims)) {
    const claim = claims[name];
    if (typeof claim !== 'object' || claim === null) refuse(`JWT ${name} is missing`);
    if (Reflect.get(claim, 'resourceType') !== resourceType) {
      throw new GpConnectRefusal('INVALID_RESOURCE', `JWT ${name} is not a ${resourceType}`);
    }
  }
}

function refuse(diagnostics: string): never {
  throw new GpConnectRefusal('BAD_REQUEST', diagnostics);
}

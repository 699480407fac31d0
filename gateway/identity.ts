import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import * as z from 'zod';
import type { Requester } from '../consent-policy/access-context.ts';
import { englishDate } from '../consent-policy/english-date.ts';
import { type Purpose, purposes, type Training } from '../consent-policy/vocabulary.ts';
import type { Config } from './config.ts';
import { GatewayFault } from './fault.ts';
import type { Membership } from './membership.ts';
import { roleOf } from './role-codes.ts';

/** Who asks and with what standing: all of it from a verified token, nothing from the request. */
export interface Identity {
  readonly requester: Requester;
  readonly purpose: Purpose;
  readonly training: Training;
  /** The person's own NHS number, for a patient. */
  readonly ownNhsNumber: string | null;
}

/** The headers that say who asks and why. */
export interface IdentityHeaders {
  readonly authorization?: string | undefined;
  /** Chooses among the purposes that the token allows; v3-ActReason code. */
  readonly 'purpose-of-use'?: string | string[] | undefined;
}

/** Stage 1: a bearer token becomes an `Identity`, or the request ends with UNAUTHENTICATED or IDENTITY_UNAVAILABLE. */
export type IdentityStage = (headers: IdentityHeaders) => Promise<Identity>;

/** One NHS CIS2 role profile (`nhsid_nrbac_roles`); only the first five claims are always present. */
const roleProfile = z.object({
  person_roleid: z.string(),
  org_code: z.string(),
  role_code: z.string(),
  aow: z.array(z.string()).default([]),
});

const claims = z.object({
  sub: z.string().min(1),
  nhsid_useruid: z.string().optional(),
  selected_roleid: z.string().optional(),
  nhsid_nrbac_roles: z.array(roleProfile).default([]),
  ig_training_valid_until: z.iso.date().optional().catch(undefined),
  nhs_number: z.string().optional(),
  identity_proofing_level: z.string().optional(),
});
type Claims = z.infer<typeof claims>;
type Standing = Omit<Identity, 'purpose'>;

/** IHE IUA, section 3.71: the JWT extension `ihe_iua`. */
const purposeClaim = z.object({
  extensions: z.object({
    ihe_iua: z.object({ purpose_of_use: z.array(z.object({ system: z.string(), code: z.string() })) }),
  }),
});

const purposeSystem = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';

/** Makes the stage: keys come from the issuer, and are fetched again when an unknown one signs. */
export function identityStage(config: Config, membership: Membership, now = () => new Date()): IdentityStage {
  const keys = issuerKeys(new URL(config.ISSUER_JWKS_URL ?? `${config.ISSUER_URL}/jwks`));
  const rules = {
    issuer: config.ISSUER_URL,
    audience: config.TOKEN_AUDIENCE,
    algorithms: config.TOKEN_ALGORITHMS,
    typ: 'at+jwt',
    requiredClaims: ['exp', 'iat', 'sub'],
  };
  return async (headers) => {
    const token = /^Bearer ([\w.~+/=-]+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token === undefined)
      throw new GatewayFault('UNAUTHENTICATED', { detail: 'no bearer token was sent' });
    try {
      const { payload } = await jwtVerify(token, keys, { ...rules, currentDate: now() });
      const identity = identityOf(payload, membership, trainingDeadline(now(), config.TRAINING_GRACE_DAYS));
      return { ...identity, purpose: purposeOf(payload, headers['purpose-of-use']) };
    } catch (cause) {
      throw cause instanceof GatewayFault ? cause : tokenFault(cause);
    }
  };
}

/** Whose a token is stays unsaid; that it has run out is what its owner can mend. */
function tokenFault(cause: unknown): GatewayFault {
  const hasExpired = cause instanceof errors.JWTExpired;
  const detail = hasExpired
    ? 'the token has expired'
    : 'the token was not issued for this gateway by its issuer';
  return new GatewayFault('UNAUTHENTICATED', { detail, cause });
}

/** An issuer that cannot be asked is not the caller's fault; a token that none of its keys has signed is. */
function issuerKeys(url: URL): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, { cooldownDuration: 1000, timeoutDuration: 2000 });
  const { JWKSNoMatchingKey, JWKSMultipleMatchingKeys, JOSENotSupported } = errors;
  const tokenFaults = [JWKSNoMatchingKey, JWKSMultipleMatchingKeys, JOSENotSupported];
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (cause) {
      if (tokenFaults.some((fault) => cause instanceof fault)) throw cause;
      throw new GatewayFault('IDENTITY_UNAVAILABLE', { cause });
    }
  };
}

function identityOf(payload: JWTPayload, membership: Membership, trainedUntil: string): Standing {
  const read = claims.safeParse(payload);
  if (!read.success) throw new GatewayFault('UNAUTHENTICATED', { cause: read.error });
  return read.data.selected_roleid === undefined
    ? patientIdentity(read.data)
    : staffIdentity(read.data, membership, trainedUntil);
}

/** Only the selected role profile counts; every other profile in the token gives nothing (CIS2). */
function staffIdentity(claim: Claims, membership: Membership, trainedUntil: string): Standing {
  const profile = claim.nhsid_nrbac_roles.find((each) => each.person_roleid === claim.selected_roleid);
  const role = profile && roleOf(profile.role_code, profile.aow);
  if (!profile || !role) {
    throw new GatewayFault('UNAUTHENTICATED', { detail: 'the selected role profile gives no role here' });
  }
  return {
    requester: {
      userId: claim.nhsid_useruid ?? claim.sub,
      role,
      roleCode: profile.role_code,
      roleProfileId: profile.person_roleid,
      organisation: profile.org_code,
      groups: membership.groupsOf(profile.org_code),
    },
    training: (claim.ig_training_valid_until ?? '') >= trainedUntil ? 'current' : 'lapsed',
    ownNhsNumber: null,
  };
}

/** NHS login: only proofing level P9 says who a person is. */
function patientIdentity(claim: Claims): Standing {
  if (claim.nhs_number === undefined || claim.identity_proofing_level !== 'P9') {
    throw new GatewayFault('UNAUTHENTICATED', {
      detail: 'the token selects no role profile and proves no patient',
    });
  }
  return {
    requester: {
      userId: claim.sub,
      role: 'patient',
      roleCode: null,
      roleProfileId: null,
      organisation: null,
      groups: [],
    },
    training: 'not-staff',
    ownNhsNumber: claim.nhs_number,
  };
}

/** The one purpose the token states, or the one of several that the header chooses; anything else is `unstated`. */
function purposeOf(payload: JWTPayload, chosen: string | string[] | undefined): Purpose {
  const claim = purposeClaim.safeParse(payload).data?.extensions.ihe_iua.purpose_of_use ?? [];
  const stated = claim.filter(({ system }) => system === purposeSystem).map(({ code }) => code);
  const code =
    chosen === undefined && stated.length === 1 ? stated[0] : stated.find((each) => each === chosen);
  return purposes.find((known) => known === code) ?? 'unstated';
}

function trainingDeadline(now: Date, graceDays: number): string {
  return englishDate(new Date(now.getTime() - graceDays * 86_400_000));
}

import { createHash } from 'node:crypto';
import type { SystemCall } from '../../connector.ts';

const lifeSeconds = 300;
const gateway = 'https://suture.example';

/**
 * The unsigned JWT that tells a practice who asks (GP Connect, "Cross organisation audit and provenance"): for its audit
 * trail only, it authorises nothing. The access context knows no names of people and organisations, so that codes stand in
 * for the names that the profile asks for. For a patient, who has no organisation, the practice itself stands in.
 */
export function auditToken(call: SystemCall): string {
  const issuedAt = Math.floor(call.now.getTime() / 1000);
  const claims = {
    iss: gateway,
    sub: call.access.requester.userId,
    aud: call.http.baseUrl.replace(/\/$/, ''),
    exp: issuedAt + lifeSeconds,
    iat: issuedAt,
    reason_for_request: 'directcare',
    requested_scope: 'patient/*.read',
    requesting_device: {
      resourceType: 'Device',
      identifier: [{ system: `${gateway}/device`, value: 'suture' }],
      model: 'Suture',
      version: '1',
      url: gateway,
    },
    requesting_organization: organization(call),
    requesting_practitioner: practitioner(call),
  };
  return `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(claims)}.`;
}

/** A stand-in for the accredited system id that Spine gives each system of each organisation: twelve digits from the ODS code. */
export function placeholderAsid(odsCode: string): string {
  const digits = createHash('sha256').update(odsCode).digest().readUIntBE(0, 6) % 1_000_000_000;
  return `999${String(digits).padStart(9, '0')}`;
}

/** ODS code of the organisation that asks. */
export function requestingOdsCode(call: SystemCall): string {
  return call.access.requester.organisation ?? call.odsCode;
}

function organization(call: SystemCall) {
  const odsCode = requestingOdsCode(call);
  return {
    resourceType: 'Organization',
    identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: odsCode }],
    name: odsCode,
  };
}

/** `UNK` where a requester has no Spine identity is what providers must accept (provider testing, JWT.feature). */
function practitioner({ access: { requester } }: SystemCall) {
  const isStaff = requester.roleProfileId !== null;
  return {
    resourceType: 'Practitioner',
    id: requester.userId,
    identifier: [
      { system: 'https://fhir.nhs.uk/Id/sds-user-id', value: isStaff ? requester.userId : 'UNK' },
      { system: 'https://fhir.nhs.uk/Id/sds-role-profile-id', value: requester.roleProfileId ?? 'UNK' },
      { system: `${gateway}/user`, value: requester.userId },
      { system: `${gateway}/role`, value: requester.roleCode ?? requester.role },
    ],
    name: [{ family: requester.userId, given: ['UNK'] }],
  };
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

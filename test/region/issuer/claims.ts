import type { PatientPersona, Persona, StaffPersona } from '../personas.ts';
import { organisationNames } from './organisations.ts';
import type { RoleProfile } from './role-profile.ts';

/** Claims as CIS2 (staff) or NHS login (patients) would state them, with the purpose of use of IHE IUA. */
export function claimsOf(persona: Persona): Record<string, unknown> {
  return persona.kind === 'staff' ? staffClaims(persona) : patientClaims(persona);
}

function staffClaims(persona: StaffPersona): Record<string, unknown> {
  const { userId, displayName, profiles } = persona;
  const roles = profiles.map((profile, index) => nrbacRole(profile, userId, index));
  return {
    sub: userId,
    uid: userId,
    nhsid_useruid: userId,
    name: displayName,
    idassurancelevel: '3',
    authentication_assurance_level: '3',
    selected_roleid: roles[0]?.person_roleid,
    nhsid_user_orgs: [...new Set(profiles.map(({ odsCode }) => odsCode))].map(organisation),
    // The selected role stands last: whoever takes the first is wrong.
    nhsid_nrbac_roles: roles.toReversed(),
    ig_training_valid_until: persona.trainingValidUntil,
    extensions: {
      ihe_iua: {
        subject_name: displayName,
        subject_organization_id: persona.organisation,
        subject_role: profiles[0].roleCode,
        purpose_of_use: [purposeOfUse('TREAT')],
      },
    },
  };
}

function nrbacRole(profile: RoleProfile, userId: string, index: number) {
  const number = userId.slice(-5);
  return {
    person_roleid: `555100${index}${number}`,
    person_orgid: `555200${index}${number}`,
    org_code: profile.odsCode,
    role_code: profile.roleCode,
    role_name: profile.roleName,
    activity_codes: profile.activityCodes,
    aow: profile.areasOfWork,
  };
}

function organisation(odsCode: string) {
  return { org_code: odsCode, org_name: organisationNames.get(odsCode) ?? odsCode };
}

function patientClaims(persona: PatientPersona): Record<string, unknown> {
  return {
    sub: persona.userId,
    name: persona.displayName,
    nhs_number: persona.nhsNumber,
    identity_proofing_level: 'P9',
    extensions: {
      ihe_iua: { subject_name: persona.displayName, purpose_of_use: [purposeOfUse('PATRQT')] },
    },
  };
}

function purposeOfUse(code: 'TREAT' | 'PATRQT') {
  return { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code };
}

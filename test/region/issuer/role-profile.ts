/** One role profile on a member of staff's card: what they are at one organisation. */
export interface RoleProfile {
  readonly odsCode: string;
  /** Job role as the token has it, `S…:G…:R…`. */
  readonly roleCode: string;
  /** The quoted triple that CIS2 writes for it. */
  readonly roleName: string;
  readonly activityCodes: readonly string[];
  readonly areasOfWork: readonly string[];
}

/** Words of NHS job roles: UK Core CodeSystem SDSJobRoleName. */
const jobs = {
  R8000: ['S8000:G8000', '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"'],
  R8001: ['S8000:G8000', '"Clinical":"Clinical Provision":"Nurse Access Role"'],
  R8003: ['S8000:G8000', '"Clinical":"Clinical Provision":"Health Professional Access Role"'],
  R8014: ['S8000:G8000', '"Clinical":"Clinical Provision":"Social Worker Access Role"'],
  R8016: ['S8000:G8000', '"Clinical":"Clinical Provision":"Midwife Access Role"'],
  R8009: ['S8001:G8002', '"Admin & Clerical":"Admin & Clerical":"Receptionist Access Role"'],
  R8011: ['S8001:G8002', '"Admin & Clerical":"Admin & Clerical":"Clerical Manager Access Role"'],
  R8012: ['S8001:G8002', '"Admin & Clerical":"Admin & Clerical":"Information Officer Access Role"'],
  R8015: ['S8001:G8002', '"Admin & Clerical":"Admin & Clerical":"Systems Support Access Role"'],
  R0001: ['S8001:G8002', '"Admin & Clerical":"Admin & Clerical":"Privacy Officer"'],
} as const;

/** Activity codes of the National RBAC Database, as far as they are published. */
export const activities = {
  viewRecord: ['B0360', 'B0380'],
  emergencyAccess: ['B0168'],
  sensitiveResults: ['B1666'],
  patientAdministration: ['B0560', 'B0825'],
  governanceAlerts: ['B0015', 'B0016', 'B0018'],
} as const;

/** What a member of staff is at one organisation, by their job role. */
export function profile(
  odsCode: string,
  job: keyof typeof jobs,
  activityCodes: readonly string[] = [],
  areasOfWork: readonly string[] = [],
): RoleProfile {
  const [group, roleName] = jobs[job];
  return { odsCode, roleCode: `${group}:${job}`, roleName, activityCodes, areasOfWork };
}

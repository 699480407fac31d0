import type { Role } from '../consent-policy/vocabulary.ts';

/**
 * NHS job roles (UK Core `UKCore-SDSJobRoleName`) and what each is in our vocabulary. A job role that does not stand here
 * has no role, so nothing is shown. `R8003 Health Professional` and the medical examiner are told apart by area of work.
 */
const jobRoles: Readonly<Record<string, Role>> = {
  R8000: 'doctor',
  R8001: 'nurse',
  R8002: 'nurse',
  R8016: 'midwife',
  R8017: 'midwife',
  R8014: 'socialWorker',
  R8006: 'administrator',
  R8008: 'administrator',
  R8009: 'administrator',
  R8010: 'administrator',
  R8011: 'administrator',
  R0001: 'privacyOfficer',
  R8015: 'icsAdministrator',
  R8012: 'researcher',
};

const areasOfWork: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  R8003: {
    pharmacy: 'pharmacist',
    ambulance: 'paramedic',
    dental: 'dentistOrOptometrist',
    optometry: 'dentistOrOptometrist',
  },
  R8000: { 'medical examiner': 'medicalExaminer' },
};

/** The role of a job role code (`S8000:G8000:R8000`, or bare) with its areas of work; null if it has none here. */
export function roleOf(roleCode: string, areas: readonly string[]): Role | null {
  const job = roleCode.split(':').at(-1) ?? '';
  const byArea = own(areasOfWork, job) ?? {};
  const named = areas.map((area) => own(byArea, area.toLowerCase())).find((role) => role !== undefined);
  return named ?? own(jobRoles, job) ?? null;
}

/** A token may say `constructor`, which every object has. */
function own<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}

import { activities, profile, type RoleProfile } from './issuer/role-profile.ts';
import { people } from './population/people.ts';

/** A member of staff who signs in with a smartcard (CIS2). */
export interface StaffPersona {
  readonly kind: 'staff';
  readonly name: string;
  readonly description: string;
  /** ODS code of the organisation they are signed in for. */
  readonly organisation: string;
  readonly displayName: string;
  readonly userId: string;
  /** The first is the selected one; the others give the holder nothing. */
  readonly profiles: readonly [RoleProfile, ...RoleProfile[]];
  /** Information-governance training, an ISO date. */
  readonly trainingValidUntil: string;
}

/** A patient who signs in for themselves (NHS login). */
export interface PatientPersona {
  readonly kind: 'patient';
  readonly name: string;
  readonly description: string;
  readonly organisation: null;
  readonly displayName: string;
  readonly userId: string;
  readonly nhsNumber: string;
}
export type Persona = StaffPersona | PatientPersona;

const { viewRecord, emergencyAccess, sensitiveResults, patientAdministration, governanceAlerts } = activities;

function staff(
  number: number,
  name: string,
  displayName: string,
  description: string,
  ...profiles: readonly [RoleProfile, ...RoleProfile[]]
): StaffPersona {
  const userId = `5550000${String(number).padStart(5, '0')}`;
  const organisation = profiles[0].odsCode;
  // Far away, so that tests and demonstrations do not depend on today.
  const trainingValidUntil = '2099-03-31';
  return {
    kind: 'staff',
    name,
    description,
    organisation,
    displayName,
    userId,
    profiles,
    trainingValidUntil,
  };
}

function patient(): PatientPersona {
  const person = people.find(({ situation }) => situation === 'complete');
  if (person === undefined) throw new RangeError('no person of the region has the situation `complete`');
  return {
    kind: 'patient',
    name: 'patient',
    description: 'the first `complete` patient, for themselves',
    organisation: null,
    displayName: `${person.givenNames.join(' ')} ${person.familyName}`,
    userId: '6f1c2a58-3f0e-4d52-9a6d-0c4b9e7d1f21',
    nhsNumber: person.nhsNumber,
  };
}

/** Everybody who can ask for a token in the demo region; all are invented. */
export const personas: readonly Persona[] = [
  staff(
    1,
    'gp',
    'Dr Imogen Farrowdale',
    'general practitioner of Riverside Surgery',
    profile('G99001', 'R8000', [...viewRecord, ...sensitiveResults]),
  ),
  staff(
    2,
    'gp-hilltop',
    'Dr Anwen Stonechat',
    'general practitioner of Hilltop Medical Practice',
    profile('G99002', 'R8000', [...viewRecord, ...sensitiveResults]),
  ),
  staff(
    3,
    'hospital-doctor',
    'Dr Ravi Thornbeck',
    'doctor of Northgate General Hospital',
    profile('RXX01', 'R8000', [...viewRecord, ...emergencyAccess]),
  ),
  staff(
    4,
    'ooh-gp',
    'Dr Leonie Marshgate',
    'out-of-hours general practitioner',
    profile('RXX09', 'R8000', [...viewRecord, ...emergencyAccess]),
  ),
  staff(
    5,
    'nurse',
    'Tobias Wrenfield',
    'nurse of Northgate General Hospital',
    profile('RXX01', 'R8001', viewRecord),
  ),
  staff(
    6,
    'midwife',
    'Maeve Linnetby',
    'midwife of Eastfield Infirmary',
    profile('RXX02', 'R8016', viewRecord),
  ),
  staff(
    7,
    'pharmacist',
    'Osric Tamblyn',
    'pharmacist of Market Street Pharmacy',
    profile('FXX01', 'R8003', viewRecord, ['Pharmacy']),
  ),
  staff(
    8,
    'paramedic',
    'Juno Heathersett',
    'paramedic of Northshire Ambulance Service',
    profile('RYY01', 'R8003', [...viewRecord, ...emergencyAccess], ['Ambulance']),
  ),
  staff(
    9,
    'social-worker',
    'Nerys Coppersmith',
    'social worker of Northshire County Council',
    profile('999', 'R8014', viewRecord),
  ),
  staff(
    10,
    'dentist',
    'Caspian Holloway-Reed',
    'dentist of Northshire Dental',
    profile('VXX01', 'R8003', viewRecord, ['Dental']),
  ),
  staff(
    11,
    'optometrist',
    'Sunniva Larkspur',
    'optometrist of Northshire Eye Care',
    profile('TXX01', 'R8003', viewRecord, ['Optometry']),
  ),
  staff(
    12,
    'hospice-nurse',
    'Bede Ashmoor',
    'nurse of St Brigid Hospice',
    profile('RXX05', 'R8001', viewRecord),
  ),
  staff(
    13,
    'receptionist',
    'Philippa Dovecote',
    'receptionist of Riverside Surgery, who is also a nurse elsewhere',
    profile('G99001', 'R8009', patientAdministration),
    profile('RXX01', 'R8001', [...viewRecord, ...sensitiveResults, ...emergencyAccess]),
  ),
  staff(
    14,
    'practice-manager',
    'Gideon Rushmere',
    'practice manager of Riverside Surgery',
    profile('G99001', 'R8011', patientAdministration),
  ),
  staff(
    15,
    'medical-examiner',
    'Dr Honor Blackthorne',
    'medical examiner at Northgate General Hospital',
    profile('RXX01', 'R8000', viewRecord, ['Medical Examiner']),
  ),
  staff(
    16,
    'privacy-officer',
    'Fergus Oldacre',
    'privacy officer of Northshire ICB',
    profile('QXX01', 'R0001', governanceAlerts),
  ),
  staff(17, 'ics-admin', 'Delphine Marlpit', 'administrator of Northshire ICB', profile('QXX01', 'R8015')),
  staff(18, 'researcher', 'Dr Silas Penhallow', 'researcher of Northshire ICB', profile('QXX01', 'R8012')),
  patient(),
  {
    ...staff(
      19,
      'untrained',
      'Dr Rufus Brambling',
      'general practitioner of Riverside Surgery whose training has lapsed',
      profile('G99001', 'R8000', viewRecord),
    ),
    trainingValidUntil: '2024-03-31',
  },
];

/** The persona of that name, if there is one. */
export function personaNamed(name: string): Persona | undefined {
  return personas.find((persona) => persona.name === name);
}

/** The client secret of a persona: anyone can work it out, which is all that a demonstration with invented people needs. */
export function demoSecret(personaName: string): string {
  return `for-demonstration-only-${personaName}`;
}

/**
 * The whole vocabulary that a policy can speak of. It is finite and holds no identifier of a person, so that every
 * policy can be evaluated over all of it; a word that does not stand here is a refusal.
 */

/** Parts of a patient's record (PRSB Core Information Standard headings), as `@consent(section:)` names them. */
export const sections = [
  'person',
  'problems',
  'medications',
  'allergies',
  'results',
  'observations',
  'procedures',
  'immunisations',
  'encounters',
  'appointments',
  'referrals',
  'carePlans',
  'endOfLife',
  'alerts',
  'safeguarding',
  'socialCare',
  'documents',
  'careTeam',
  'contacts',
  'legal',
  'adjustments',
  'aboutMe',
  'assessments',
  'risks',
] as const;
export type Section = (typeof sections)[number];

/** What the requester is, from the selected role profile of their token. */
export const roles = [
  'doctor',
  'nurse',
  'midwife',
  'pharmacist',
  'paramedic',
  'socialWorker',
  'dentistOrOptometrist',
  'medicalExaminer',
  'administrator',
  'patient',
  'privacyOfficer',
  'icsAdministrator',
  'researcher',
] as const;
export type Role = (typeof roles)[number];

/** Purposes of use: HL7 v3-ActReason codes. */
export const purposes = [
  'TREAT',
  'ETREAT',
  'BTG',
  'PATRQT',
  'COVERAGE',
  'HOPERAT',
  'HRESCH',
  'unstated',
] as const;
export type Purpose = (typeof purposes)[number];

/** On what fact the requester cares for the patient. */
export const relationships = [
  'none',
  'self',
  'registered-practice',
  'encounter',
  'referral',
  'caseload',
] as const;
export type Relationship = (typeof relationships)[number];

/** Information-governance training; unknown counts as lapsed. */
export const trainings = ['current', 'lapsed', 'not-staff'] as const;
export type Training = (typeof trainings)[number];

/** What PDS says of the person: `meta.security` R, and the death notification status (1 informal, 2 formal). */
export const personStates = ['ordinary', 'restricted', 'deceased-informal', 'deceased-formal'] as const;
export type PersonState = (typeof personStates)[number];

/** What the source's sharing agreement says of this release; `not-needed` where no local source is concerned. */
export const agreements = [
  'in-force',
  'expired',
  'purpose-not-covered',
  'section-not-covered',
  'recipient-not-covered',
  'not-needed',
] as const;
export type Agreement = (typeof agreements)[number];

/** A patient's dissent to the shared record: `local` is recorded at this source, `regional` with the region. */
export const dissents = ['none', 'local', 'regional'] as const;
export type Dissent = (typeof dissents)[number];

/** Who the requester is to the source; `no-source` where none is concerned. */
export const recipients = ['own-staff', 'other-staff', 'patient', 'no-source'] as const;
export type Recipient = (typeof recipients)[number];

/** The strictest label on an entry: v3-Confidentiality R or V, v3-ActCode NOPAT, or one that is not known here. */
export const labels = ['none', 'restricted', 'very-restricted', 'not-for-patient', 'unknown'] as const;
export type Label = (typeof labels)[number];

/** Everything one decision depends on. */
export interface Facts {
  readonly role: Role;
  readonly purpose: Purpose;
  readonly training: Training;
  readonly relationship: Relationship;
  readonly person: PersonState;
  readonly section: Section;
  readonly agreement: Agreement;
  readonly dissent: Dissent;
  readonly recipient: Recipient;
  readonly label: Label;
}

/** The words of each fact, in one place: the Cedar schema's enumeration and the check on every call. */
export const vocabulary: { readonly [F in keyof Facts]: readonly Facts[F][] } = {
  role: roles,
  purpose: purposes,
  training: trainings,
  relationship: relationships,
  person: personStates,
  section: sections,
  agreement: agreements,
  dissent: dissents,
  recipient: recipients,
  label: labels,
};

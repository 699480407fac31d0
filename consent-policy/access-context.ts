import type { Dissent, PersonState, Purpose, Relationship, Role, Training } from './vocabulary.ts';

/** Who asks, from a verified token. */
export interface Requester {
  /** Stable id of the user (CIS2 `nhsid_useruid`, or the token's `sub` for a patient). */
  readonly userId: string;
  readonly role: Role;
  /** Job role code as in the token, e.g. `S8000:G8000:R8000`; null for a patient. */
  readonly roleCode: string | null;
  /** SDS role profile id; null for a patient. */
  readonly roleProfileId: string | null;
  /** ODS code of the organisation of the selected role profile; null for a patient. */
  readonly organisation: string | null;
  /** Groups (practice, PCN, ICS) that the organisation belongs to. */
  readonly groups: readonly string[];
}

/** The person asked about, as PDS traced them. */
export interface TracedPatient {
  /** The current NHS number. */
  readonly nhsNumber: string;
  /** Numbers that were superseded by the current one and that a provider may still index. */
  readonly formerNhsNumbers: readonly string[];
  /** ISO date, possibly partial. */
  readonly birthDate: string | null;
  readonly familyName: string | null;
  readonly state: PersonState;
  /** ODS code. */
  readonly registeredPractice: string | null;
}

/**
 * What every decision about one request rests on: made once by the gateway's access stage and handed, signed, to each
 * provider subgraph that is asked.
 */
export interface AccessContext {
  readonly requester: Requester;
  readonly purpose: Purpose;
  readonly training: Training;
  readonly relationship: Relationship;
  readonly patient: TracedPatient;
  /** A dissent recorded with the region; a GP practice's own is found in its record. */
  readonly dissent: Exclude<Dissent, 'local'>;
  /** The request's id in logs and in the audit trail. */
  readonly correlationId: string;
}

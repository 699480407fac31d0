import type { Requester } from './access-context.ts';
import type { Agreement, Purpose, Recipient, Section } from './vocabulary.ts';

/** What one source has agreed to share, and with whom. */
export interface SharingAgreement {
  /** ODS code of the source's organisation. */
  readonly odsCode: string;
  readonly purposes: readonly Purpose[];
  readonly sections: readonly Section[];
  /** ODS codes or groups that may receive. */
  readonly partners: readonly string[];
  /** ISO date, the last day in force. */
  readonly validUntil: string;
}

/** What is asked of a source; `today` is an ISO date. */
export interface AgreementQuestion {
  readonly purpose: Purpose;
  readonly section: Section;
  readonly requester: Requester;
  readonly today: string;
}

/** What the agreement says of a release; of several reasons against it, the first in this order. */
export function agreementFact(source: SharingAgreement, ask: AgreementQuestion): Agreement {
  if (!isInDate(source.validUntil, ask.today)) return 'expired';
  if (!source.purposes.includes(ask.purpose)) return 'purpose-not-covered';
  if (!source.sections.includes(ask.section)) return 'section-not-covered';
  return isRecipient(source, ask.requester) ? 'in-force' : 'recipient-not-covered';
}

/** Who the requester is to the source with this ODS code. */
export function recipientFact(odsCode: string, requester: Requester): Recipient {
  if (requester.role === 'patient') return 'patient';
  return requester.organisation === odsCode ? 'own-staff' : 'other-staff';
}

/** Own staff and the patient need not be named as partners. Staff of no organisation belong to no group either. */
function isRecipient(source: SharingAgreement, requester: Requester): boolean {
  if (recipientFact(source.odsCode, requester) !== 'other-staff') return true;
  if (requester.organisation === null) return false;
  return [requester.organisation, ...requester.groups].some((party) => source.partners.includes(party));
}

const isoDate = /^\d{4}-\d{2}-\d{2}$/;

/** ISO dates compare as text; anything that is not one counts as expired. */
function isInDate(validUntil: string, today: string): boolean {
  return isoDate.test(validUntil) && isoDate.test(today) && today <= validUntil;
}

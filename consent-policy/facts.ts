import type { AccessContext } from './access-context.ts';
import { agreementFact, recipientFact, type SharingAgreement } from './agreement.ts';
import type { Facts, Section } from './vocabulary.ts';

/** Facts of a whole section, before any source is asked: what a source adds may still refuse. */
export function factsOf(access: AccessContext, section: Section): Facts {
  return {
    role: access.requester.role,
    purpose: access.purpose,
    training: access.training,
    relationship: access.relationship,
    person: access.patient.state,
    section,
    agreement: 'not-needed',
    dissent: 'none',
    recipient: 'no-source',
    label: 'none',
  };
}

/**
 * Facts of what one source holds of a section. `today` is the ISO date. Does NOT know of a dissent or a label in the
 * record itself: whoever reads the record adds them.
 */
export function sourceFacts(
  access: AccessContext,
  section: Section,
  source: SharingAgreement,
  today: string,
): Facts {
  const { purpose, requester } = access;
  return {
    ...factsOf(access, section),
    agreement: agreementFact(source, { purpose, section, requester, today }),
    dissent: access.dissent,
    recipient: recipientFact(source.odsCode, requester),
  };
}

import { createHash } from 'node:crypto';
import type { SectionOutcome } from '../care-record/outcome.ts';
import type { FaultCode } from '../fault.ts';
import type { Passage } from '../passage.ts';
import type { AuditRecord } from './audit.ts';

/** How an access ended: allowed, or the code that the requester was given. */
export type AuditOutcome = 'ALLOWED' | FaultCode;

/** Whom an access was about. */
export interface AuditSubject {
  readonly nhsNumber: string;
  /** Null where the access was refused before a relationship was looked for. */
  readonly relationship: string | null;
}

/** A name is the client's word; a whole document's worth of it is not. */
const longestName = 100;

/** The record of one access: no clinical content, no variables, only the hash of the document. */
export function auditRecord(
  passage: Pick<Passage, 'identity' | 'operation' | 'correlationId' | 'startedAt'>,
  subject: AuditSubject,
  outcome: AuditOutcome,
  policies: readonly string[],
  outcomes: readonly SectionOutcome[],
  policyVersion: string,
): AuditRecord {
  const { requester, purpose } = passage.identity;
  const at = new Date();
  return {
    at: at.toISOString(),
    correlationId: passage.correlationId,
    outcome,
    userId: requester.userId,
    role: requester.role,
    roleCode: requester.roleCode,
    roleProfileId: requester.roleProfileId,
    organisation: requester.organisation,
    purpose,
    relationship: subject.relationship,
    nhsNumber: subject.nhsNumber,
    operationName: passage.operation.definition.name?.value.slice(0, longestName) ?? null,
    operationHash: createHash('sha256').update(passage.operation.text).digest('hex'),
    policyVersion,
    policies: JSON.stringify(policies),
    sources: JSON.stringify(outcomes.map(sourceRecord)),
    durationMs: at.getTime() - passage.startedAt.getTime(),
  };
}

function sourceRecord({ source, section, state, keys, policies }: SectionOutcome) {
  return { source: source.odsCode, section, state, items: keys.length, policies };
}

import type { Audit } from '../audit/audit.ts';
import { auditRecord } from '../audit/audit-record.ts';
import { GatewayFault } from '../fault.ts';
import type { Access, Passage } from '../passage.ts';
import { type AccessHouse, checkedNhsNumber, grantAccess } from './access.ts';

/** What a request has gathered when it comes to this stage. */
type Arrival = Pick<Passage, 'identity' | 'operation' | 'correlationId' | 'startedAt'>;

/** Stage 3: leave to see one patient's record; null for an operation about nobody. */
export type AccessStage = (arrival: Arrival) => Promise<Access | null>;

/** Makes the stage. A refusal is an access too: it is on record before the requester hears of it. */
export function accessStage(house: AccessHouse & { readonly audit: Audit }): AccessStage {
  return async (arrival) => {
    if (arrival.operation.patient === undefined) return null;
    const nhsNumber = checkedNhsNumber(arrival.operation.patient);
    try {
      return await grantAccess(house, arrival.identity, nhsNumber, arrival.correlationId);
    } catch (cause) {
      const fault =
        cause instanceof GatewayFault ? cause : new GatewayFault('INTERNAL_SERVER_ERROR', { cause });
      const subject = { nhsNumber, relationship: null };
      await house.audit.record(
        auditRecord(arrival, subject, fault.code, fault.policies, [], house.policy.version),
      );
      throw fault;
    }
  };
}

import { randomUUID } from 'node:crypto';
import { isNhsNumber } from '../subgraphs/nhs-number.ts';
import type { AccessStage } from './access/access-stage.ts';
import type { IdentityHeaders, IdentityStage } from './identity.ts';
import type { GuardStage } from './operation-guard/operation-guard.ts';
import type { Passage } from './passage.ts';
import type { Engine } from './plan/engine.ts';

/** The stages in front of Apollo Server, each made once. */
export interface Stages {
  readonly engine: Engine;
  readonly identity: IdentityStage;
  readonly guard: GuardStage;
  readonly access: AccessStage;
  readonly requestTimeoutMs: number;
}

/** A request as it comes to the door. */
export interface Arrival {
  readonly headers: IdentityHeaders;
  readonly body: unknown;
  readonly correlationId: string;
  readonly report: Passage['report'];
}

/**
 * The way of a request up to Apollo Server, which then plans it and hands it to the engine (`plan/engine.ts`); the engine asks
 * `person` and `care-record` and writes the audit record. Each stage refuses by throwing a `GatewayFault`.
 */
export async function way(
  stages: Stages,
  { headers, body, correlationId, report }: Arrival,
): Promise<Passage> {
  const startedAt = new Date();
  const deadline = performance.now() + stages.requestTimeoutMs;
  const generation = stages.engine.current();
  const identity = await stages.identity(headers);
  const operation = stages.guard(body, generation);
  const access = await stages.access({ identity, operation, correlationId, startedAt });
  return {
    correlationId,
    startedAt,
    deadline,
    identity,
    generation,
    operation,
    access,
    outcomes: [],
    report,
  };
}

/**
 * The client's correlation id if it is a UUID in which no NHS number stands, otherwise a new one: it is written to logs, so that
 * no other text gets there.
 */
export function correlationIdOf(header: string | string[] | undefined): string {
  const isUuid = typeof header === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(header);
  return isUuid && !holdsNhsNumber(header.replaceAll('-', '')) ? header : randomUUID();
}

function holdsNhsNumber(hex: string): boolean {
  return [...hex].some((_, start) => isNhsNumber(hex.slice(start, start + 10)));
}

import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { englishDate } from '../../consent-policy/english-date.ts';
import { readTrace, type Trace } from '../../subgraphs/person/person.ts';
import { type JsonResponse, requestJson } from '../bounded-json.ts';
import type { Config, Secrets } from '../config.ts';
import { type FaultCode, GatewayFault } from '../fault.ts';
import type { Membership } from '../membership.ts';

/** Asks the Personal Demographics Service who has a number: INVALID_NHS_NUMBER, PATIENT_NOT_FOUND or PERSON_TRACE_UNAVAILABLE otherwise. */
export type PersonTrace = (nhsNumber: string, correlationId: string) => Promise<Trace>;

/** How much PDS may say about one person. */
const limitBytes = 200_000;

/** Makes the client of PDS FHIR R4 (`GET /Patient/{id}`). Does NOT keep a trace: each request makes its own. */
export function personTrace(config: Config, secrets: Secrets, membership: Membership): PersonTrace {
  return async (nhsNumber, correlationId) => {
    const { status, json } = await askPds(
      `${config.PDS_URL}/Patient/${nhsNumber}`,
      {
        accept: 'application/fhir+json',
        authorization: `Bearer ${secrets.PDS_CREDENTIALS}`,
        'x-request-id': randomUUID(),
        'x-correlation-id': correlationId,
      },
      config.PDS_TIMEOUT_MS,
    );
    const refusal = status === 200 ? undefined : refusals.get(spineCode(json));
    if (refusal) throw new GatewayFault(refusal);
    const today = englishDate(new Date());
    const trace = status === 200 ? readTrace(json, nhsNumber, today, membership.nameOf) : null;
    if (trace === null) throw new GatewayFault('PERSON_TRACE_UNAVAILABLE');
    return trace;
  };
}

/**
 * What PDS says of the number itself (error table of its specification). A bare 400 or 404 may come from anything on the way,
 * and must not be read as "no such person".
 */
const refusals: ReadonlyMap<string, FaultCode> = new Map([
  ['INVALID_RESOURCE_ID', 'INVALID_NHS_NUMBER'],
  ['RESOURCE_NOT_FOUND', 'PATIENT_NOT_FOUND'],
  ['INVALIDATED_RESOURCE', 'PATIENT_NOT_FOUND'],
]);

const operationOutcome = z.object({
  resourceType: z.literal('OperationOutcome'),
  issue: z
    .tuple([
      z.object({
        details: z.object({ coding: z.tuple([z.object({ code: z.string() })]).rest(z.unknown()) }),
      }),
    ])
    .rest(z.unknown()),
});

/** The code that leads an OperationOutcome; empty for anything else. */
function spineCode(json: unknown): string {
  return operationOutcome.safeParse(json).data?.issue[0].details.coding[0].code ?? '';
}

async function askPds(
  url: string,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<JsonResponse> {
  try {
    return await requestJson(url, { headers, timeoutMs, limitBytes });
  } catch (cause) {
    throw new GatewayFault('PERSON_TRACE_UNAVAILABLE', { cause });
  }
}

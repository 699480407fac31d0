import { randomUUID } from 'node:crypto';
import { readTrace, type Trace } from '../../subgraphs/person/person.ts';
import { type JsonResponse, requestJson } from '../bounded-json.ts';
import type { Config, Secrets } from '../config.ts';
import { GatewayFault } from '../fault.ts';
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
    if (status === 400) throw new GatewayFault('INVALID_NHS_NUMBER');
    if (status === 404) throw new GatewayFault('PATIENT_NOT_FOUND');
    const today = new Date().toISOString().slice(0, 10);
    const trace = status === 200 ? readTrace(json, nhsNumber, today, membership.nameOf) : null;
    if (trace === null) throw new GatewayFault('PERSON_TRACE_UNAVAILABLE');
    return trace;
  };
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

import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Person } from '../population/person.ts';
import { type Outcome, operationOutcome, outcomes } from './outcome.ts';
import { pdsPatient } from './patient.ts';
import { lookUp, registerOf } from './register.ts';

/** Where PDS stands below its address. */
export const pdsBasePath = '/personal-demographics/FHIR/R4';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The Personal Demographics Service, as far as tracing goes. Any bearer token will do; searching is not offered. */
export function pdsService(people: readonly Person[], ratePerSecond: number): FastifyInstance {
  const register = registerOf(people);
  const isOverRate = rateLimit(ratePerSecond);
  const app = Fastify();
  app.addHook('onRequest', async (request, reply) => {
    echoIds(request, reply);
    if (isOverRate(Date.now())) return refuse(reply.header('retry-after', '1'), outcomes.tooMany);
    return checkHeaders(request, reply);
  });
  app.get<{ Params: { id: string } }>(`${pdsBasePath}/Patient/:id`, async (request, reply) => {
    const found = lookUp(register, request.params.id);
    if ('status' in found) return refuse(reply, found);
    const patient = pdsPatient(found);
    return reply.header('etag', `W/"${patient.meta.versionId}"`).send(patient);
  });
  app.setNotFoundHandler((_request, reply) => refuse(reply, outcomes.unsupported));
  return app;
}

function echoIds({ headers }: FastifyRequest, reply: FastifyReply): void {
  reply.type('application/fhir+json');
  for (const name of ['x-request-id', 'x-correlation-id']) {
    if (headers[name] !== undefined) reply.header(name, headers[name]);
  }
}

async function checkHeaders({ headers }: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const requestId = headers['x-request-id'];
  if (requestId === undefined) {
    const diagnostics =
      'Invalid request with error - X-Request-ID header must be supplied to access this resource';
    return refuse(reply, outcomes.missingHeader, diagnostics);
  }
  if (!uuid.test(String(requestId))) {
    return refuse(reply, outcomes.invalidHeader, `Invalid value - '${requestId}' in header 'X-Request-ID'`);
  }
  if (!/^Bearer \S+$/.test(headers.authorization ?? '')) {
    return refuse(reply, outcomes.denied, 'Missing access token');
  }
  return undefined;
}

function refuse(reply: FastifyReply, outcome: Outcome, diagnostics?: string): FastifyReply {
  return reply.code(outcome.status).send(operationOutcome(outcome, diagnostics));
}

/** Counts the requests of each second; 0 means no limit. */
function rateLimit(ratePerSecond: number): (now: number) => boolean {
  let second = 0;
  let count = 0;
  return (now) => {
    const current = Math.floor(now / 1000);
    count = current === second ? count + 1 : 1;
    second = current;
    return ratePerSecond > 0 && count > ratePerSecond;
  };
}

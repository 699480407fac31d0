import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { failureOf } from '../subgraphs/failure.ts';
import { type FaultCode, faultBody, GatewayFault } from './fault.ts';

/** Fastify's own refusals in the shape of GraphQL ones, so that a client reads one kind of error. */
const fastifyCodes: Readonly<Record<string, FaultCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'REQUEST_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
};

/** Makes every refusal and failure of a server an answer with a code of the table, and every answer one that names its request. */
export function answerFaults(server: FastifyInstance): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-correlation-id', request.id);
  });
  server.setErrorHandler((error: Error, request, reply) => {
    const fault = faultOf(error);
    if (fault.status >= 500) {
      const failure = failureOf(error.cause ?? error);
      request.log.error({ code: fault.code, correlationId: request.id, failure });
    }
    return answerFault(fault, request, reply);
  });
  server.setNotFoundHandler((request, reply) => answerFault(new GatewayFault('NOT_FOUND'), request, reply));
}

/** Sends a fault as the whole answer. */
export function answerFault(
  fault: GatewayFault,
  request: { readonly id: string },
  reply: FastifyReply,
): FastifyReply {
  if (fault.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(fault.status).header('cache-control', 'no-store').send(faultBody(fault, request.id));
}

function faultOf(error: Error & Partial<FastifyError>): GatewayFault {
  if (error instanceof GatewayFault) return error;
  const code = fastifyCodes[error.code ?? ''];
  const isCallers = (error.statusCode ?? 500) < 500;
  return new GatewayFault(code ?? (isCallers ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR'));
}

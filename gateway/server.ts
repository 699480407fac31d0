import { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import cors from '@fastify/cors';
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { failureOf } from '../subgraphs/failure.ts';
import type { Config } from './config.ts';
import { type FaultCode, faults, GatewayFault, isFaultCode } from './fault.ts';
import { answerFault, answerFaults } from './fault-answers.ts';
import type { Metrics } from './metrics.ts';
import type { Passage } from './passage.ts';
import { servePlayground } from './playground.ts';
import { correlationIdOf, type Stages, way } from './way.ts';

/** What the server shows beside `/graphql`. */
export interface ServerHouse {
  readonly config: Config;
  readonly stages: Stages;
  readonly metrics: Metrics;
  readonly jwks: () => unknown;
  /** Names of what is missing to answer; empty when all is there. */
  readonly missing: () => Promise<readonly string[]>;
}

/** Builds the HTTP server; the caller listens and closes. */
export async function buildServer(house: ServerHouse): Promise<FastifyInstance> {
  const server = fastify({
    logger: { level: house.config.LOG_LEVEL },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: house.config.BODY_LIMIT_BYTES,
    requestTimeout: house.config.REQUEST_TIMEOUT_MS * 2,
    http: { headersTimeout: house.config.REQUEST_TIMEOUT_MS * 2, connectionsCheckingInterval: 1000 },
    frameworkErrors: (_error, request, reply) =>
      answerFault(new GatewayFault('BAD_REQUEST'), request, reply as unknown as FastifyReply),
    genReqId: (request) => correlationIdOf(request.headers['x-correlation-id']),
  });
  server.removeContentTypeParser('text/plain');
  await allowOrigins(server, house.config.CORS_ORIGINS);
  answerFaults(server);
  observe(server, house.metrics);
  await serveGraphql(server, house);
  await servePlayground(server, house.config.PLAYGROUND_NHS_NUMBER);
  serveOperations(server, house);
  return server;
}

/** Pages of other origins are answered only where the setting names them; no cookie is ever read. */
async function allowOrigins(server: FastifyInstance, origins: readonly string[]): Promise<void> {
  await server.register(cors, {
    origin: [...origins],
    methods: ['POST'],
    allowedHeaders: ['authorization', 'content-type', 'purpose-of-use', 'x-correlation-id'],
    exposedHeaders: ['x-correlation-id'],
  });
}

async function serveGraphql(server: FastifyInstance, { stages, metrics }: ServerHouse): Promise<void> {
  const apollo = new ApolloServer<Passage>({
    gateway: stages.engine.gateway,
    persistedQueries: false,
    // The guard has read and validated the document; a second memory of it here is only memory.
    documentStore: null,
    introspection: true,
    csrfPrevention: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: ({ path, extensions }) => {
      const code = extensions?.code;
      const known: FaultCode = isFaultCode(code) ? code : 'INTERNAL_SERVER_ERROR';
      return { message: faults[known].message, ...(path && { path }), extensions: { code: known } };
    },
  });
  await apollo.start();
  server.addHook('onClose', () => apollo.stop());
  const passages = new WeakMap<FastifyRequest, Passage>();
  const passageOf = (request: FastifyRequest) => {
    const passage = passages.get(request);
    if (!passage) throw new GatewayFault('INTERNAL_SERVER_ERROR');
    return passage;
  };
  server.post('/graphql', {
    preHandler: async (request, reply) => {
      reply.header('cache-control', 'no-store');
      requireAcceptable(request.headers.accept);
      passages.set(
        request,
        await way(stages, {
          headers: request.headers,
          body: request.body,
          correlationId: request.id,
          report: (cause) => request.log.error({ correlationId: request.id, failure: failureOf(cause) }),
        }),
      );
    },
    onResponse: async (request) => metrics.outcomes(passages.get(request)?.outcomes ?? []),
    handler: fastifyApolloHandler(apollo, {
      context: async (request) => passageOf(request as FastifyRequest),
    }),
  });
  server.route({
    method: ['GET', 'PUT', 'PATCH', 'DELETE'],
    url: '/graphql',
    handler: async (_request, reply) => {
      reply.header('allow', 'POST');
      throw new GatewayFault('METHOD_NOT_ALLOWED');
    },
  });
}

/** Apollo Server would find out only after it has run the operation. */
function requireAcceptable(accept: string | undefined): void {
  const isAcceptable = /[*]\/[*]|application\/([*]|json|graphql-response\+json)/i.test(
    accept ?? 'application/json',
  );
  if (!isAcceptable) throw new GatewayFault('NOT_ACCEPTABLE');
}

/** One log line a request: the route's pattern instead of the address, which a client could write anything into. */
function observe(server: FastifyInstance, metrics: Metrics): void {
  server.addHook('onResponse', async (request, reply) => {
    metrics.request(reply.statusCode, reply.elapsedTime / 1000);
    request.log.info({
      correlationId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
    });
  });
}

function serveOperations(server: FastifyInstance, { metrics, jwks, missing }: ServerHouse): void {
  server.get('/health', async () => ({ status: 'alive' }));
  server.get('/ready', async (_request, reply) => {
    const absent = await missing();
    return reply.code(absent.length === 0 ? 200 : 503).send({ ready: absent.length === 0, missing: absent });
  });
  server.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  server.get('/.well-known/jwks.json', async () => jwks());
}

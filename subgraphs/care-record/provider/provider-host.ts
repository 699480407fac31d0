import fastify, { type FastifyInstance, LogController } from 'fastify';
import { type DocumentNode, execute, type GraphQLSchema, getOperationAST, parse, validate } from 'graphql';
import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import type { AccessContext } from '../../../consent-policy/access-context.ts';
import { englishDate } from '../../../consent-policy/english-date.ts';
import type { Policy } from '../../../consent-policy/policy.ts';
import { createVerifier, type Verifier } from '../../../consent-policy/signature.ts';
import { failureOf } from '../../failure.ts';
import type { RegisterEntry } from '../register-entry.ts';
import { connectors } from './connectors/connectors.ts';
import { type HostConfig, HostConfigFault, type HostSecrets } from './host-config.ts';
import { type EntryId, entryIds } from './member-section.ts';
import { type MemberContext, providerSubgraph } from './provider-subgraph.ts';
import { type Report, sectionLoader } from './section-loader.ts';
import { systemHttp } from './system-http.ts';

/** One provider that we host: its register entry, with what its calls need made once. */
interface HostedProvider {
  readonly entry: RegisterEntry;
  readonly system: NonNullable<RegisterEntry['system']>;
  readonly verifier: Verifier;
  readonly authorization: string | null;
  readonly entryId: EntryId;
}

const requestBody = z.object({
  query: z.string().min(1),
  variables: z.record(z.string(), z.unknown()).optional(),
});

/** How long a request may take to arrive; the gateway's come at once. */
const slowestRequestMs = 10_000;
/** How many operations are remembered parsed and valid; the gateway sends few. */
const rememberedOperations = 500;
/** How much earlier than the gateway's deadline an answer is given, so that a slow section never takes a fast one down. */
const marginMs = 100;

/**
 * Builds the program that hosts the subgraph of every register entry with a connector, each at `POST /<provider>/graphql`.
 * Without a current access context for exactly that provider nothing is answered, the schema included.
 */
export function buildProviderHost(
  entries: readonly RegisterEntry[],
  policy: Policy,
  config: HostConfig,
  secrets: HostSecrets,
): FastifyInstance {
  const server = fastify({
    logger: { level: config.LOG_LEVEL },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: slowestRequestMs,
    http: { headersTimeout: slowestRequestMs, connectionsCheckingInterval: 1000 },
  });
  const hosted = new Map(entries.flatMap((entry) => hostedProvider(entry, config, secrets)));
  const schema = providerSubgraph(policy);
  const documents = new LRUCache<string, DocumentNode>({ max: rememberedOperations });

  server.get('/health', async () => ({ status: 'alive' }));
  server.post<{ Params: { provider: string } }>('/:provider/graphql', async (request, reply) => {
    const provider = hosted.get(request.params.provider);
    const access = provider && (await verifiedAccess(provider, request.headers.authorization));
    if (!provider || !access) return reply.code(401).send(refusal('ACCESS_CONTEXT_REFUSED'));
    const body = requestBody.safeParse(request.body);
    const document = body.success ? readDocument(schema, documents, body.data.query) : null;
    if (!body.success || document === null) return reply.code(400).send(refusal('BAD_REQUEST'));
    const deadline = deadlineOf(request.headers['suture-deadline-ms'], provider.entry.limits.timeoutMs);
    const result = await execute({
      schema,
      document,
      variableValues: body.data.variables ?? null,
      contextValue: memberContext(provider, access, deadline, (cause) =>
        request.log.error({ correlationId: access.correlationId, failure: failureOf(cause) }),
      ),
    });
    return {
      data: result.data ?? null,
      ...(result.errors && { errors: result.errors.map(({ path }) => failure(path)) }),
    };
  });
  return server;
}

function hostedProvider(
  entry: RegisterEntry,
  config: HostConfig,
  secrets: HostSecrets,
): readonly (readonly [string, HostedProvider])[] {
  if (!entry.system) return [];
  const jwks = new URL(config.GATEWAY_JWKS_URL ?? `${config.PUBLIC_URL}/.well-known/jwks.json`);
  const { credentials } = entry.system;
  const credential = credentials ? secrets.credential(credentials) : null;
  if (credentials && credential === null) {
    throw new HostConfigFault([`${credentials}: not set; \`${entry.provider}\` names it`]);
  }
  const provider: HostedProvider = {
    entry,
    system: entry.system,
    verifier: createVerifier({ jwks, issuer: config.PUBLIC_URL, audience: entry.provider }),
    authorization: credential === null ? null : `Bearer ${credential}`,
    entryId: entryIds(secrets.entryIdKey, entry.organisation.odsCode),
  };
  return [[entry.provider, provider]];
}

async function verifiedAccess(
  { verifier }: HostedProvider,
  authorization: string | undefined,
): Promise<AccessContext | null> {
  const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
  return token === undefined ? null : verifier.verify(token).catch(() => null);
}

function memberContext(
  provider: HostedProvider,
  access: AccessContext,
  deadline: AbortSignal,
  report: Report,
): MemberContext {
  const { entry, system, authorization, entryId } = provider;
  const now = new Date();
  const startedAt = performance.now();
  const http = systemHttp({
    baseUrl: system.baseUrl,
    authorization,
    signal: deadline,
    limitBytes: entry.limits.bytes,
  });
  const call = { http, odsCode: entry.organisation.odsCode, access, now };
  return {
    access,
    load: sectionLoader(connectors[system.connector], call, deadline, report),
    writer: {
      entry,
      entryId,
      retrievedAt: now.toISOString(),
      elapsedMs: () => Math.round(performance.now() - startedAt),
    },
    today: englishDate(now),
  };
}

/** The milliseconds that the caller has left, within the provider's own limit, less a margin to answer in. */
function deadlineOf(header: string | string[] | undefined, limitMs: number): AbortSignal {
  const asked = Number(header);
  const left = Math.min(Number.isFinite(asked) && asked > 0 ? asked : limitMs, limitMs);
  return AbortSignal.timeout(Math.max(1, Math.floor(left) - marginMs));
}

function readDocument(
  schema: GraphQLSchema,
  documents: LRUCache<string, DocumentNode>,
  query: string,
): DocumentNode | null {
  const known = documents.get(query);
  if (known) return known;
  try {
    const document = parse(query, { maxTokens: 10_000, noLocation: true });
    const operation = getOperationAST(document)?.operation;
    if (!operation || !schema.getRootType(operation)) return null;
    if (validate(schema, document, undefined, { maxErrors: 1 }).length > 0) return null;
    documents.set(query, document);
    return document;
  } catch {
    return null;
  }
}

function refusal(code: string) {
  return { errors: [{ message: 'refused', extensions: { code } }] };
}

/** An error says where, never what: its message may quote a record. */
function failure(path: readonly (string | number)[] | undefined) {
  return {
    message: 'this part could not be answered',
    ...(path && { path }),
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  };
}

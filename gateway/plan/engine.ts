import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import type { GraphQLError } from 'graphql';
import type { Audit } from '../audit/audit.ts';
import { type AuditOutcome, auditRecord } from '../audit/audit-record.ts';
import { GatewayFault, graphqlError, isFaultCode } from '../fault.ts';
import type { Passage } from '../passage.ts';
import { buildGeneration, type Generation } from './generation.ts';

type GatewayInterface = NonNullable<ApolloServerOptionsWithGateway<Passage>['gateway']>;
type Executor = NonNullable<Awaited<ReturnType<GatewayInterface['load']>>['executor']>;
type RequestContext = Parameters<Executor>[0];
type Result = Awaited<ReturnType<Executor>>;

/** Every answer carries it, whoever asks about whomever, so that a complete answer is not read as more than it is. */
export const notice = 'Some services never appear in this record.';

/** What the engine rests on. */
export interface EngineHouse {
  readonly supergraphSdl: string;
  readonly sources: Readonly<Record<string, GraphQLDataSource>>;
  readonly audit: Audit;
  readonly policyVersion: string;
}

/** The engine as Apollo Server sees it, and the generation that new requests take. */
export interface Engine {
  readonly gateway: GatewayInterface;
  /** SCHEMA_CHANGED before the first supergraph is loaded. */
  current(): Generation;
}

/**
 * Delegates loading and planning to ApolloGateway and stands between it and Apollo Server: an operation runs on the generation
 * that its request began with, and its audit record is on disk before its answer goes on.
 */
export function openEngine(house: EngineHouse): Engine {
  const apollo = new ApolloGateway({
    supergraphSdl: house.supergraphSdl,
    buildService: ({ name }) => sourceOf(house, name),
  });
  let generation: Generation | null = null;
  apollo.onSchemaLoadOrUpdate(({ apiSchema, coreSupergraphSdl }) => {
    generation = buildGeneration(apiSchema, coreSupergraphSdl);
  });
  return {
    current: () => {
      if (generation === null) throw new GatewayFault('SCHEMA_CHANGED');
      return generation;
    },
    gateway: {
      onSchemaLoadOrUpdate: (callback) => apollo.onSchemaLoadOrUpdate(callback),
      stop: () => apollo.stop(),
      load: async (options) => {
        const { executor } = await apollo.load(options);
        return { executor: (request) => run(house, executor as Executor, request) };
      },
    },
  };
}

async function run(house: EngineHouse, executor: Executor, request: RequestContext): Promise<Result> {
  const passage = request.context as Passage;
  const result = await executed(executor, request, passage);
  const errors = (result.errors ?? []).map(knownError);
  try {
    await recordAccess(house, passage, outcomeOf(result));
  } catch (cause) {
    return refusal(cause instanceof GatewayFault ? cause : new GatewayFault('AUDIT_UNAVAILABLE', { cause }));
  }
  return {
    data: result.data ?? null,
    ...(errors.length > 0 && { errors }),
    extensions: { notice, correlationId: passage.correlationId },
  };
}

async function executed(executor: Executor, request: RequestContext, passage: Passage): Promise<Result> {
  if (request.schema !== passage.generation.apiSchema) return refusal(new GatewayFault('SCHEMA_CHANGED'));
  try {
    return await executor(request);
  } catch (cause) {
    passage.report(cause);
    return refusal(new GatewayFault('INTERNAL_SERVER_ERROR'));
  }
}

function outcomeOf({ data, errors }: Result): AuditOutcome {
  const code = errors?.[0]?.extensions?.code;
  if (data) return 'ALLOWED';
  return isFaultCode(code) ? code : 'INTERNAL_SERVER_ERROR';
}

async function recordAccess(
  { audit, policyVersion }: EngineHouse,
  passage: Passage,
  outcome: AuditOutcome,
): Promise<void> {
  if (passage.access === null) return;
  const { patient, relationship } = passage.access.context;
  const subject = { nhsNumber: patient.nhsNumber, relationship };
  await audit.record(auditRecord(passage, subject, outcome, [], passage.outcomes, policyVersion));
}

function refusal(fault: GatewayFault): Result {
  return { errors: [graphqlError(fault)] };
}

/** Only a code of the table and a path go on; whatever else an error says stays here. */
function knownError({ extensions, path }: GraphQLError) {
  const code = extensions?.code;
  return graphqlError(new GatewayFault(isFaultCode(code) ? code : 'INTERNAL_SERVER_ERROR'), path);
}

/** A supergraph names a subgraph that this gateway does not have. */
class UnknownSubgraphFault extends Error {
  readonly code = 'UNKNOWN_SUBGRAPH';
}

function sourceOf({ sources }: EngineHouse, name: string): GraphQLDataSource {
  const source = sources[name];
  if (!source) throw new UnknownSubgraphFault(`no data source for the subgraph \`${name}\``);
  return source;
}

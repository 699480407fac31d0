import type { GraphQLDataSource } from '@apollo/gateway';
import { type DocumentNode, execute, type GraphQLSchema, parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { RecordAnswer, RecordRequest } from '../care-record/care-record.ts';
import { GatewayFault } from '../fault.ts';
import type { Passage } from '../passage.ts';

type ProcessOptions = Parameters<GraphQLDataSource['process']>[0];
type Answer = Awaited<ReturnType<GraphQLDataSource['process']>>;

/** Answers one fetch of a plan. */
type Fetch = (query: string, variables: Record<string, unknown>, passage: Passage) => Promise<Answer>;

/** How many fetch texts a source remembers parsed. */
const rememberedDocuments = 500;

/**
 * A data source never throws: a thrown error would reach the client without a path and with its message. A health check is
 * answered here, since one provider that is down must not stop the gateway.
 */
function dataSource(fetch: Fetch): GraphQLDataSource {
  return {
    async process(options: ProcessOptions): Promise<Answer> {
      const { query, variables } = options.request;
      if (query === undefined || !isPassage(options.context)) return { data: { __typename: 'Query' } };
      try {
        return await fetch(query, variables ?? {}, options.context);
      } catch (cause) {
        if (!(cause instanceof GatewayFault)) options.context.report(cause);
        return failed(cause);
      }
    },
  };
}

/** A subgraph that runs in this process, on its own schema and resolvers; the passage is its context. */
export function localSource(schema: GraphQLSchema): GraphQLDataSource {
  const documents = new LRUCache<string, DocumentNode>({ max: rememberedDocuments });
  return dataSource(async (query, variables, passage) => {
    const document = documents.get(query) ?? parse(query, { noLocation: true });
    documents.set(query, document);
    const result = await execute({ schema, document, variableValues: variables, contextValue: passage });
    return {
      data: result.data ?? null,
      ...(result.errors && { errors: result.errors.map(knownError) }),
    } as unknown as Answer;
  });
}

/** The composed subgraph `care-record`: every representation must be of the patient that access was granted for. */
export function careRecordSource(
  answer: (request: RecordRequest) => Promise<RecordAnswer>,
): GraphQLDataSource {
  return dataSource(async (query, variables, passage) => {
    const access = passage.access?.context;
    const representations = variables.representations;
    if (
      !access ||
      !Array.isArray(representations) ||
      !representations.every(isOf(access.patient.nhsNumber))
    ) {
      throw new GatewayFault('ACCESS_REFUSED');
    }
    const { patient, outcomes } = await answer({ query, variables, access, deadline: passage.deadline });
    passage.outcomes.push(...outcomes);
    return { data: { _entities: representations.map(() => patient) } };
  });
}

function isOf(nhsNumber: string): (representation: unknown) => boolean {
  return (representation) =>
    typeof representation === 'object' &&
    representation !== null &&
    Reflect.get(representation, 'nhsNumber') === nhsNumber;
}

function isPassage(context: unknown): context is Passage {
  return typeof context === 'object' && context !== null && 'identity' in context && 'outcomes' in context;
}

function failed(cause: unknown): Answer {
  return { data: null, errors: [knownError({ originalError: cause })] } as unknown as Answer;
}

/** An error of ours keeps its code; anything else says only that something went wrong. */
function knownError({ path, originalError }: { readonly path?: unknown; readonly originalError?: unknown }) {
  const fault =
    originalError instanceof GatewayFault ? originalError : new GatewayFault('INTERNAL_SERVER_ERROR');
  return { message: fault.message, ...(path !== undefined && { path }), extensions: { code: fault.code } };
}

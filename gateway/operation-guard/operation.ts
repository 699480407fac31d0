import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import * as z from 'zod';
import { GatewayFault } from '../fault.ts';

/** A document as the client sent it, parsed once for every rule. */
export interface Operation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

/** GraphQL over HTTP, section 5.4; batches (arrays) and persisted queries are not served. */
const requestBody = z.object({
  query: z.string().min(1),
  extensions: z.looseObject({ persistedQuery: z.undefined().optional() }).nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});
export type RequestBody = z.infer<typeof requestBody>;

/** The request's body, or BAD_REQUEST. */
export function readRequestBody(body: unknown): RequestBody {
  const request = requestBody.safeParse(body);
  if (!request.success) throw new GatewayFault('BAD_REQUEST', { cause: request.error });
  return request.data;
}

/** The one operation that is to run, or GRAPHQL_PARSE_FAILED or OPERATION_REFUSED. */
export function readOperation(request: RequestBody, maxTokens: number): Operation {
  return operationOf(request, parseBounded(request.query, maxTokens));
}

/** The same operation without the places of its words: many times smaller, for keeping. */
export function slimOperation(request: RequestBody): Operation {
  return operationOf(request, parse(request.query, { noLocation: true }));
}

function operationOf(request: RequestBody, document: DocumentNode): Operation {
  const definition = getOperationAST(document, request.operationName);
  if (!definition) {
    throw new GatewayFault('OPERATION_REFUSED', {
      detail: 'name one operation of the document in `operationName`',
    });
  }
  const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
  return {
    document,
    definition,
    fragments: new Map(fragments.map((fragment) => [fragment.name.value, fragment])),
  };
}

/** The parser's own words quote the document, so that only the place is passed on. */
function parseBounded(query: string, maxTokens: number): DocumentNode {
  try {
    return parse(query, { maxTokens });
  } catch (cause) {
    if (cause instanceof GraphQLError && cause.message.includes('tokens')) {
      throw new GatewayFault('OPERATION_REFUSED', {
        detail: `the document has more than ${maxTokens} tokens`,
        cause,
      });
    }
    const place = cause instanceof GraphQLError ? cause.locations?.[0] : undefined;
    const where = place ? ` at line ${place.line}, column ${place.column}` : '';
    throw new GatewayFault('GRAPHQL_PARSE_FAILED', {
      detail: `the document is not valid GraphQL${where}`,
      cause,
    });
  }
}

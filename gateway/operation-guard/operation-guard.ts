import { type GraphQLError, getVariableValues, isValueNode, Kind, validate } from 'graphql';
import { LRUCache } from 'lru-cache';
import { GatewayFault } from '../fault.ts';
import type { Generation } from '../plan/generation.ts';
import {
  type Operation,
  type RequestBody,
  readOperation,
  readRequestBody,
  slimOperation,
} from './operation.ts';
import { patientOf } from './patients.ts';
import { guardRules, type OperationLimits } from './rules.ts';

/** An operation that may go on: read, within every rule, valid, about one patient at most. */
export interface GuardedOperation extends Operation {
  readonly text: string;
  /** With defaults, coerced to the types the operation gives them. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** The NHS number as sent, or undefined for an operation about nobody. Not yet checked. */
  readonly patient: unknown;
}

/** Stage 2: from a request body to an operation that may go on. */
export type GuardStage = (body: unknown, generation: Generation) => GuardedOperation;

/** What each generation remembers as read and within the rules: so many documents, so many characters in all. */
const memoryLimits = {
  max: 1000,
  maxSize: 2_000_000,
  sizeCalculation: (_: Operation, key: string) => key.length,
};

/**
 * Makes the stage. It stands before Apollo Server, where nothing can refuse between parsing and validation; it validates,
 * so that no demographics service is asked for an operation that cannot run.
 */
export function guardStage(limits: OperationLimits): GuardStage {
  const memories = new WeakMap<Generation, LRUCache<string, Operation>>();
  return (body, generation) => {
    const request = readRequestBody(body);
    const memory = memories.get(generation) ?? new LRUCache<string, Operation>(memoryLimits);
    memories.set(generation, memory);
    const key = JSON.stringify([request.operationName ?? null, request.query]);
    const operation = memory.get(key) ?? guardDocument(request, generation, limits);
    memory.set(key, operation);
    const variables = coerceVariables(operation, generation, request);
    return {
      ...operation,
      text: request.query,
      variables,
      patient: patientOf(operation, generation.apiSchema, variables),
    };
  };
}

function guardDocument(request: RequestBody, generation: Generation, limits: OperationLimits): Operation {
  const operation = readOperation(request, limits.tokens);
  for (const rule of guardRules) {
    const [reason] = rule(operation, generation, limits);
    if (reason !== undefined) throw new GatewayFault('OPERATION_REFUSED', { detail: withoutNumbers(reason) });
  }
  const [error] = validate(generation.apiSchema, operation.document, undefined, { maxErrors: 1 });
  if (error)
    throw new GatewayFault('GRAPHQL_VALIDATION_FAILED', { detail: validationDetail(error), cause: error });
  // Without a root type validation finds no field to object to.
  if (!generation.apiSchema.getRootType(operation.definition.operation)) {
    throw new GatewayFault('GRAPHQL_VALIDATION_FAILED', {
      detail: `no ${operation.definition.operation} is served here`,
    });
  }
  return slimOperation(request);
}

function coerceVariables(
  { definition }: Operation,
  { apiSchema }: Generation,
  request: RequestBody,
): Readonly<Record<string, unknown>> {
  const result = getVariableValues(apiSchema, definition.variableDefinitions ?? [], request.variables ?? {}, {
    maxErrors: 1,
  });
  // The library's message quotes the value.
  if (result.errors) throw new GatewayFault('BAD_USER_INPUT', variableDetail(result.errors[0]));
  return result.coerced;
}

/** Names the variable, and nothing of its value. */
function variableDetail(error: GraphQLError | undefined): {
  readonly detail?: string;
  readonly cause: unknown;
} {
  const definition = error?.nodes?.[0];
  if (definition?.kind !== Kind.VARIABLE_DEFINITION) return { cause: error };
  const name = withoutNumbers(definition.variable.name.value);
  return { detail: `the variable \`$${name}\` is missing or not of its type`, cause: error };
}

function validationDetail(error: GraphQLError): string {
  const place = error.locations?.[0];
  const words = withoutNumbers(quotesValue(error) ? 'a value does not fit its type' : error.message);
  return place ? `${words} (line ${place.line}, column ${place.column})` : words;
}

/** The library's words about a literal quote it. */
function quotesValue({ nodes }: GraphQLError): boolean {
  return (nodes ?? []).some((node) => isValueNode(node) && node.kind !== Kind.VARIABLE);
}

/** A name may be made of digits too. */
function withoutNumbers(words: string): string {
  return words.replaceAll(/\d{10,}/g, '…');
}

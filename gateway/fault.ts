import { GraphQLError } from 'graphql';

/**
 * Every code that a caller can see, with its HTTP status and its words: lower case, no full stop, and nothing about a
 * patient, ever. A refusal that is about one person gives no more than its code.
 */
export const faults = {
  UNAUTHENTICATED: { status: 401, message: 'a valid bearer token is needed' },
  IDENTITY_UNAVAILABLE: { status: 503, message: 'the token issuer cannot be asked for its keys now' },
  OPERATION_REFUSED: { status: 400, message: 'the operation breaks a rule of this gateway' },
  GRAPHQL_PARSE_FAILED: { status: 400, message: 'the document is not valid GraphQL' },
  GRAPHQL_VALIDATION_FAILED: { status: 400, message: 'the operation does not fit the schema' },
  BAD_USER_INPUT: { status: 400, message: 'a variable does not have the type that the operation gives it' },
  BAD_REQUEST: {
    status: 400,
    message: 'not a GraphQL request: POST a JSON object with `query` and `variables`',
  },
  REQUEST_TOO_LARGE: { status: 413, message: 'the request is larger than this gateway accepts' },
  METHOD_NOT_ALLOWED: { status: 405, message: 'operations are sent by POST' },
  NOT_ACCEPTABLE: {
    status: 406,
    message: 'answers are application/graphql-response+json or application/json',
  },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'the body must be application/json' },
  NOT_FOUND: { status: 404, message: 'nothing is served at this address' },
  INVALID_NHS_NUMBER: { status: 400, message: 'not an NHS number: ten digits, the last one a check digit' },
  PATIENT_NOT_FOUND: { status: 404, message: 'the national demographics service knows no such person' },
  NO_RELATIONSHIP: { status: 403, message: 'no current fact shows that you care for this person' },
  ACCESS_REFUSED: { status: 403, message: 'this may not be shown to you' },
  PERSON_TRACE_UNAVAILABLE: { status: 503, message: 'the national demographics service cannot be asked now' },
  AUDIT_UNAVAILABLE: { status: 503, message: 'the access could not be recorded, so nothing is shown' },
  SCHEMA_CHANGED: {
    status: 503,
    message: 'the schema changed while the request was under way; send it again',
  },
  INTERNAL_SERVER_ERROR: { status: 500, message: 'something went wrong in this gateway' },
} as const;
export type FaultCode = keyof typeof faults;

/** A refusal or failure of the gateway's own; `detail` adds fixed or checked words, never a caller's value. */
export class GatewayFault extends Error {
  readonly code: FaultCode;
  readonly status: number;
  /** Ids of the policies that refused, for the audit trail; never sent. */
  readonly policies: readonly string[];

  constructor(
    code: FaultCode,
    options: {
      readonly detail?: string;
      readonly cause?: unknown;
      readonly policies?: readonly string[];
    } = {},
  ) {
    super(options.detail ?? faults[code].message, { cause: options.cause });
    this.name = 'GatewayFault';
    this.code = code;
    this.status = faults[code].status;
    this.policies = options.policies ?? [];
  }
}

/** The fault as a GraphQL error that keeps its code through Apollo Server, and its HTTP status where it is the whole answer. */
export function graphqlError(fault: GatewayFault, path?: readonly (string | number)[]): GraphQLError {
  return new GraphQLError(fault.message, {
    path,
    extensions: { code: fault.code, ...(path === undefined && { http: { status: fault.status } }) },
  });
}

/** The body of an answer that is only this fault (GraphQL over HTTP, section 7.1). */
export function faultBody(
  fault: GatewayFault,
  correlationId: string,
): {
  errors: { message: string; extensions: { code: FaultCode } }[];
  extensions: { correlationId: string };
} {
  return {
    errors: [{ message: fault.message, extensions: { code: fault.code } }],
    extensions: { correlationId },
  };
}

/** Whether a code stands in the table. */
export function isFaultCode(code: unknown): code is FaultCode {
  return typeof code === 'string' && Object.hasOwn(faults, code);
}

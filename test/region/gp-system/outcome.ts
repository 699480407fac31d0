/** GP Connect's error codes, as its error-handling page pairs them: HTTP status, issue type, words. */
const codes = {
  BAD_REQUEST: [400, 'invalid', 'Bad request'],
  INVALID_NHS_NUMBER: [400, 'value', 'Invalid NHS number'],
  PATIENT_NOT_FOUND: [404, 'not-found', 'Patient not found'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'invalid', 'Unsupported media type'],
  INVALID_RESOURCE: [422, 'invalid', 'Invalid validation of resource'],
  INVALID_PARAMETER: [422, 'invalid', 'Invalid parameter'],
  INTERNAL_SERVER_ERROR: [500, 'exception', 'Internal server error'],
  NOT_IMPLEMENTED: [501, 'not-supported', 'Not implemented'],
} as const;

type ErrorCode = keyof typeof codes;

/** A refusal in GP Connect's words. */
export class GpConnectRefusal extends Error {
  readonly code: ErrorCode;
  readonly status: number;

  constructor(code: ErrorCode, diagnostics: string) {
    super(diagnostics);
    this.code = code;
    this.status = codes[code][0];
  }
}

/** The outcome of a refusal. */
export function refusalOutcome({ code, message }: GpConnectRefusal): object {
  return outcome([issue('error', code, message)]);
}

/**
 * What stands in an answer for parameters that the practice does not serve: still 200, one warning each (GP Connect,
 * “Forwards and backwards compatibility”).
 */
export function unsupportedOutcome(parameters: readonly string[]): object {
  return outcome(
    parameters.map((name) => ({
      ...issue('warning', 'NOT_IMPLEMENTED', name, `${name} is an unrecognised parameter`),
    })),
  );
}

function outcome(issues: readonly object[]): object {
  return {
    resourceType: 'OperationOutcome',
    meta: { profile: ['https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-OperationOutcome-1'] },
    issue: issues,
  };
}

function issue(severity: 'error' | 'warning', code: ErrorCode, diagnostics: string, text?: string): object {
  const system = 'https://fhir.nhs.uk/STU3/CodeSystem/Spine-ErrorOrWarningCode-1';
  const [, type, display] = codes[code];
  return {
    severity,
    code: type,
    details: { coding: [{ system, code, display }], ...(text !== undefined && { text }) },
    diagnostics,
  };
}

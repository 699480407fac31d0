/** One way in which PDS refuses: HTTP status, and the OperationOutcome as published. */
export interface Outcome {
  readonly status: number;
  readonly severity: 'error' | 'information';
  /** FHIR issue type. */
  readonly type: string;
  readonly code: string;
  readonly display: string;
}

/** Every refusal of this PDS, from the error table of its specification (paths/patient-get.yaml). */
export const outcomes = {
  missingHeader: error(400, 'required', 'MISSING_VALUE', 'Required value is missing'),
  invalidHeader: error(400, 'value', 'INVALID_VALUE', 'Provided value is invalid'),
  invalidNumber: error(400, 'value', 'INVALID_RESOURCE_ID', 'Resource Id is invalid'),
  unsupported: error(400, 'processing', 'UNSUPPORTED_SERVICE', 'Unsupported Service'),
  denied: error(401, 'forbidden', 'ACCESS_DENIED', 'Access Denied - Unauthorised'),
  unknown: {
    status: 404,
    severity: 'information',
    type: 'not-found',
    code: 'RESOURCE_NOT_FOUND',
    display: 'Resource not found',
  },
  invalidated: error(
    404,
    'processing',
    'INVALIDATED_RESOURCE',
    'Resource that has been marked as invalid was requested - invalid resources cannot be retrieved',
  ),
  tooMany: error(429, 'throttled', 'TOO_MANY_REQUESTS', 'Too many requests'),
} as const satisfies Record<string, Outcome>;

/** The body of a refusal. */
export function operationOutcome({ severity, type, code, display }: Outcome, diagnostics?: string) {
  const system = 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode';
  return {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity,
        code: type,
        details: { coding: [{ system, version: '1', code, display }] },
        ...(diagnostics === undefined ? {} : { diagnostics }),
      },
    ],
  };
}

function error(status: number, type: string, code: string, display: string): Outcome {
  return { status, severity: 'error', type, code, display };
}

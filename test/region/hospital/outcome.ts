/** A refusal as FHIR says it: HTTP status, issue type, words without anything of a patient. */
export class FhirRefusal extends Error {
  readonly code: 'not-found' | 'not-supported' | 'invalid' | 'exception';
  readonly status: number;

  constructor(status: number, code: FhirRefusal['code'], diagnostics: string) {
    super(diagnostics);
    this.status = status;
    this.code = code;
  }
}

/** The outcome of a refusal. */
export function operationOutcome({ code, message }: FhirRefusal): object {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, diagnostics: message }] };
}

import { isNhsNumber } from '../pds/register.ts';

/** What a consumer asks for: the pointers of one patient, perhaps of one custodian alone. */
export interface PointerSearch {
  readonly nhsNumber: string;
  readonly custodian: string | null;
}

/** Why a search is refused, in the words of the National Record Locator. */
export interface Refusal {
  readonly code: 'INVALID_PARAMETER' | 'INVALID_NHS_NUMBER';
  readonly display: string;
  readonly diagnostics: string;
  readonly expression: string;
}

const subjectParameter = 'subject:identifier';
const custodianParameter = 'custodian:identifier';
const subjectPattern = /^https:\/\/fhir\.nhs\.uk\/Id\/nhs-number\|(\d+)$/;
const custodianPattern = /^https:\/\/fhir\.nhs\.uk\/Id\/ods-organization-code\|(\w+)$/;

/** Reads a search's parameters. The filter by type is not offered: all pointers here are of one type. */
export function readSearch(query: URLSearchParams): PointerSearch | Refusal {
  const extra = [...query.keys()].find((key) => key !== subjectParameter && key !== custodianParameter);
  if (extra !== undefined) return invalidParameter(extra, 'Extra inputs are not permitted');
  const subject = query.get(subjectParameter);
  if (subject === null) return invalidParameter(subjectParameter, 'Field required');
  const nhsNumber = subjectPattern.exec(subject)?.[1];
  if (nhsNumber === undefined) return invalidParameter(subjectParameter, 'String should match pattern');
  if (!isNhsNumber(nhsNumber)) return invalidNhsNumber();
  const custodian = query.get(custodianParameter);
  const odsCode = custodian === null ? null : custodianPattern.exec(custodian)?.[1];
  if (odsCode === undefined) return invalidParameter(custodianParameter, 'String should match pattern');
  return { nhsNumber, custodian: odsCode };
}

function invalidParameter(expression: string, reason: string): Refusal {
  const diagnostics = `Invalid query parameter (${expression}: ${reason})`;
  return { code: 'INVALID_PARAMETER', display: 'Invalid parameter', diagnostics, expression };
}

function invalidNhsNumber(): Refusal {
  return {
    code: 'INVALID_NHS_NUMBER',
    display: 'Invalid NHS number',
    diagnostics: 'A valid NHS number is required to search for document references',
    expression: subjectParameter,
  };
}

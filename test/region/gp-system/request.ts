import type { IncomingHttpHeaders } from 'node:http';
import { checkDigit } from '../population/nhs-number.ts';
import { GpConnectRefusal } from './outcome.ts';

const interaction = 'urn:nhs:names:services:gpconnect:fhir:operation:gpc.getstructuredrecord-1';

/** What a consumer asks for: the person, and each `include…` parameter with its parts. */
export interface StructuredRecordRequest {
  readonly nhsNumber: string;
  readonly included: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
}

/** Checks the Spine Secure Proxy's headers (GP Connect, “Spine Secure Proxy implementation guide”). */
export function checkSspHeaders(headers: IncomingHttpHeaders): void {
  for (const name of ['Ssp-TraceID', 'Ssp-From', 'Ssp-To', 'Ssp-InteractionID']) {
    const value = headers[name.toLowerCase()];
    if (typeof value !== 'string' || value === '') {
      throw new GpConnectRefusal('BAD_REQUEST', `${name} header is missing`);
    }
  }
  if (headers['ssp-interactionid'] !== interaction) {
    throw new GpConnectRefusal('BAD_REQUEST', 'Ssp-InteractionID is not that of this operation');
  }
}

/** Reads the Parameters resource of `$gpc.getstructuredrecord`. */
export function readRequest(body: unknown): StructuredRecordRequest {
  if (property(body, 'resourceType') !== 'Parameters') {
    throw new GpConnectRefusal('INVALID_RESOURCE', 'body is not a Parameters resource');
  }
  const parameters = list(property(body, 'parameter'));
  const included = new Map<string, ReadonlyMap<string, unknown>>();
  for (const parameter of parameters) {
    const name = nameOf(parameter);
    if (name === 'patientNHSNumber') continue;
    if (included.has(name)) throw new GpConnectRefusal('INVALID_PARAMETER', `${name} is given twice`);
    included.set(name, partsOf(parameter));
  }
  return { nhsNumber: nhsNumberOf(parameters), included };
}

function nhsNumberOf(parameters: readonly unknown[]): string {
  const given = parameters.filter((parameter) => property(parameter, 'name') === 'patientNHSNumber');
  if (given.length !== 1) {
    throw new GpConnectRefusal('INVALID_PARAMETER', 'patientNHSNumber must be given once');
  }
  const identifier = property(given[0], 'valueIdentifier');
  if (property(identifier, 'system') !== 'https://fhir.nhs.uk/Id/nhs-number') {
    throw new GpConnectRefusal('INVALID_PARAMETER', 'patientNHSNumber has no known identifier system');
  }
  const value = property(identifier, 'value');
  const valid =
    typeof value === 'string' && /^\d{10}$/.test(value) && checkDigit(value.slice(0, 9)) === Number(value[9]);
  if (!valid) throw new GpConnectRefusal('INVALID_NHS_NUMBER', 'patientNHSNumber is not a valid NHS number');
  return value;
}

function partsOf(parameter: unknown): ReadonlyMap<string, unknown> {
  return new Map(
    list(property(parameter, 'part')).map((part) => [
      nameOf(part),
      Object.entries(part ?? {}).find(([key]) => key.startsWith('value'))?.[1],
    ]),
  );
}

function nameOf(parameter: unknown): string {
  const name = property(parameter, 'name');
  if (typeof name !== 'string') throw new GpConnectRefusal('INVALID_PARAMETER', 'a parameter has no name');
  return name;
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

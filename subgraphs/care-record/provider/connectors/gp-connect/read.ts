import type { Section } from '../../../../../consent-policy/vocabulary.ts';
import type { SystemCall } from '../../connector.ts';
import type { SystemResponse } from '../../system-http.ts';
import { auditToken, placeholderAsid, requestingOdsCode } from './audit-token.ts';
import { clinicalAreas } from './clinical-area.ts';
import type { Json } from './json.ts';

const interaction = 'urn:nhs:names:services:gpconnect:fhir:operation:gpc.getstructuredrecord-1';
const fhirJson = 'application/fhir+json';

/** Asks for all the sections in one call, as GP Connect advises, and for no other area than theirs and the uncategorised data. */
export function readStructuredRecord(call: SystemCall, wanted: readonly Section[]): Promise<SystemResponse> {
  return call.http.send({
    method: 'POST',
    path: 'Patient/$gpc.getstructuredrecord',
    headers: {
      accept: fhirJson,
      'content-type': fhirJson,
      authorization: `Bearer ${auditToken(call)}`,
      'Ssp-TraceID': call.access.correlationId,
      'Ssp-From': placeholderAsid(requestingOdsCode(call)),
      'Ssp-To': placeholderAsid(call.odsCode),
      'Ssp-InteractionID': interaction,
    },
    body: parameters(call.access.patient.nhsNumber, wanted),
  });
}

/** The Parameters resource. The uncategorised data always comes along: the patient's dissent stands there. */
export function parameters(nhsNumber: string, wanted: readonly Section[]): Json {
  const areas = wanted.flatMap((section) => clinicalAreas.get(section) ?? []);
  const asked = areas.flatMap(({ parameter, fallback }) => [
    parameter,
    ...(fallback ? [fallback.parameter] : []),
  ]);
  const byName = new Map(asked.map((parameter) => [parameter.name, parameter]));
  return {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'patientNHSNumber',
        valueIdentifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber },
      },
      ...byName.values(),
      { name: 'includeUncategorisedData' },
    ],
  };
}

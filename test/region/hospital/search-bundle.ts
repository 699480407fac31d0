/** What the search library answers: matches of one page, and how many there are in all. */
export interface SearchResult {
  readonly total?: number;
  readonly entry?: readonly { readonly resource?: object }[];
}

/** The searchset Bundle as FHIR wants it: full addresses, search modes, and links on this server's own origin. */
export function searchBundle(
  base: string,
  url: URL,
  { total = 0, entry = [] }: SearchResult,
  included: readonly object[],
): object {
  const matches = entry.flatMap(({ resource }) => (resource ? [bundleEntry(base, resource, 'match')] : []));
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total,
    link: links(url, total),
    entry: [...matches, ...included.map((resource) => bundleEntry(base, resource, 'include'))],
  };
}

function bundleEntry(base: string, resource: object, mode: 'match' | 'include'): object {
  const fullUrl = `${base}/${Reflect.get(resource, 'resourceType')}/${Reflect.get(resource, 'id')}`;
  return { fullUrl, resource, search: { mode } };
}

function links(url: URL, total: number): object[] {
  const count = Number(url.searchParams.get('_count'));
  const next = Number(url.searchParams.get('_offset') ?? '0') + count;
  const self = { relation: 'self', url: url.href };
  if (count === 0 || next >= total) return [self];
  const following = new URL(url);
  following.searchParams.set('_offset', String(next));
  return [self, { relation: 'next', url: following.href }];
}

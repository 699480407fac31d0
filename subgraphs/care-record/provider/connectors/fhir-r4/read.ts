import { setTimeout } from 'node:timers/promises';
import { SystemFault, type SystemHttp } from '../../system-http.ts';
import { type Match, readPage, saysWithheld } from './bundle.ts';
import { containsAnother, isAbout, isAboutAnother, nhsNumberSystem, type Subject } from './patient.ts';
import { type Element, keyOf, type Resource, ResourceIndex } from './resource.ts';
import { namingTypes, unnamed } from './section-reader.ts';
import type { Gathered, SectionPlan, Shortfall } from './translate.ts';

/** Matches a page, as asked for. */
const pageSize = 200;
/** Pages that are followed in one search; what lies beyond is said to be missing. */
const maxPages = 50;
/** Ids in one address, which many servers cut at a few thousand characters. */
const idsPerRead = 50;
/** Parts that are read by id in one go. */
const maxParts = 1000;
/** How deep parts may refer to parts: report, group, group within, result. */
const maxDepth = 4;

/** All pages of one search. */
export interface SearchResult {
  readonly matches: readonly Match[];
  readonly included: readonly Resource[];
  readonly shortfalls: ReadonlySet<Shortfall>;
  /** The system refused: the patient or the provider does not allow it. */
  readonly withheld: boolean;
}

/** What names may take: an entry without its author's name is worth more than one that comes too late. */
const namesTimeoutMs = 300;

/** Searches for the patient under any of the NHS numbers. */
export function searchPatient(http: SystemHttp, nhsNumbers: readonly string[]): Promise<SearchResult> {
  const identifiers = nhsNumbers.map((number) => encodeURIComponent(`${nhsNumberSystem}|${number}`));
  return search(http, 'Patient', `identifier=${identifiers.join(',')}`);
}

/** Everything one section is made of; null where the system withholds all of it. */
export async function gather(
  http: SystemHttp,
  plan: SectionPlan,
  subject: Subject,
): Promise<Gathered | null> {
  const about = `patient=${encodeURIComponent(subject.id)}&_count=${pageSize}`;
  const searches = plan.searches.map(async ({ resourceType, parameters }) =>
    onlyAbout(
      subject,
      await search(http, resourceType, parameters === undefined ? about : `${about}&${parameters}`),
    ),
  );
  const results = answered(await Promise.allSettled(searches));
  if (results.every((result) => result?.withheld)) return null;
  const shortfalls = new Set(results.flatMap(shortfallsOf));
  const index = new ResourceIndex(subject.base);
  const matches = index.add(
    results.flatMap((result) => result?.matches ?? []).map(({ resource }) => resource),
  );
  for (const result of results) index.add(result?.included ?? []);
  const enough = setTimeout(namesTimeoutMs, undefined, { ref: false });
  const names = Promise.race([readNames(http, matches, index), enough]);
  await Promise.all([readParts(http, plan, subject, matches, index), names]);
  return { matches, index, shortfalls };
}

/** The results of a section's searches; null for one that failed beside another that did not. */
function answered(settled: readonly PromiseSettledResult<SearchResult>[]): readonly (SearchResult | null)[] {
  const faults = settled.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  const fatal =
    faults.find((fault) => !isOutage(fault)) ?? (faults.length === settled.length ? faults[0] : undefined);
  if (fatal !== undefined) throw fatal;
  return settled.map((result) => (result.status === 'fulfilled' ? result.value : null));
}

function isOutage(fault: unknown): boolean {
  return fault instanceof SystemFault && fault.state !== 'INVALID_ANSWER';
}

function shortfallsOf(result: SearchResult | null): readonly Shortfall[] {
  if (result === null) return ['partlyUnavailable'];
  return result.withheld ? ['withheld'] : [...result.shortfalls];
}

/** Reads what the matches are made of, and what that is; a part that is not given is noticed when it is translated. */
async function readParts(
  http: SystemHttp,
  { partType, parts }: SectionPlan,
  subject: Subject,
  matches: readonly Resource[],
  index: ResourceIndex,
): Promise<void> {
  if (partType === null) return;
  let holders = matches;
  for (let depth = 0; depth < maxDepth && holders.length > 0; depth++) {
    holders = await readMissing(http, partType, holders.flatMap(parts), index);
    if (holders.some((part) => isAboutAnother(part, subject))) throw new SystemFault('INVALID_ANSWER');
    index.add(holders);
  }
}

/** Reads the people and places that the matches refer to without naming them; whatever is wrong costs their names only. */
async function readNames(
  http: SystemHttp,
  matches: readonly Resource[],
  index: ResourceIndex,
): Promise<void> {
  const references = matches.flatMap(unnamed);
  const reads = namingTypes.map((type) => readMissing(http, type, references, index));
  for (const read of await Promise.allSettled(reads)) {
    if (read.status === 'fulfilled') index.add(read.value);
  }
}

async function readMissing(
  http: SystemHttp,
  resourceType: string,
  references: readonly Element[],
  index: ResourceIndex,
): Promise<readonly Resource[]> {
  const keys = new Set(references.map((reference) => index.missing(reference)));
  const reads = idLists(keys, resourceType).map((ids) => readByIds(http, resourceType, ids));
  return (await Promise.all(reads)).flat();
}

function idLists(keys: ReadonlySet<string | null>, resourceType: string): readonly string[] {
  const start = `${resourceType}/`;
  const ids = [...keys]
    .flatMap((key) => (key?.startsWith(start) ? [key.slice(start.length)] : []))
    .slice(0, maxParts);
  return Array.from({ length: Math.ceil(ids.length / idsPerRead) }, (_, list) =>
    ids.slice(list * idsPerRead, (list + 1) * idsPerRead).join(','),
  );
}

async function readByIds(http: SystemHttp, resourceType: string, ids: string): Promise<readonly Resource[]> {
  try {
    const { matches } = await search(http, resourceType, `_id=${ids}&_count=${idsPerRead}`);
    return matches.map(({ resource }) => resource);
  } catch (fault) {
    if (isOutage(fault)) return [];
    throw fault;
  }
}

/** Refuses an answer with anything about somebody else in it. */
function onlyAbout(subject: Subject, result: SearchResult): SearchResult {
  const theirs =
    result.matches.every(
      ({ resource }) => isAbout(resource, subject) && !containsAnother(resource, subject),
    ) && !result.included.some((resource) => isAboutAnother(resource, subject));
  if (theirs) return result;
  throw new SystemFault('INVALID_ANSWER');
}

async function search(http: SystemHttp, resourceType: string, parameters: string): Promise<SearchResult> {
  const matches: Match[] = [];
  const included: Resource[] = [];
  const shortfalls = new Set<Shortfall>();
  const visited = new Set<string>();
  let total = 0;
  let next: string | null = `${resourceType}?${parameters}`;
  while (next !== null && visited.size < maxPages) {
    // A page that leads back would otherwise be read until the limit.
    if (visited.has(next)) throw new SystemFault('INVALID_ANSWER');
    visited.add(next);
    const { status, json } = await http.send({ method: 'GET', path: next });
    if (status !== 200) return refused(status, json);
    const page = readPage(json, resourceType);
    matches.push(...page.matches);
    included.push(...page.included);
    if (page.outcome) shortfalls.add('searchIncomplete');
    if (page.redacted) shortfalls.add('withheld');
    total = Math.max(total, page.total ?? 0);
    next = page.next;
  }
  if (next !== null) shortfalls.add('readToLimit');
  else if (new Set(matches.map(({ resource }) => keyOf(resource))).size < total)
    shortfalls.add('searchIncomplete');
  return { matches, included, shortfalls, withheld: false };
}

function refused(status: number, outcome: unknown): SearchResult {
  if ((status === 401 || status === 403) && saysWithheld(outcome)) {
    return { matches: [], included: [], shortfalls: new Set(), withheld: true };
  }
  throw new SystemFault('UNAVAILABLE');
}

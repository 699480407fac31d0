import { SystemFault } from '../../system-http.ts';
import { saysRedacted } from './label.ts';
import { type Element, elements, isElement, type Resource } from './resource.ts';

/** One page of a search, by what each of its entries is there for (FHIR R4, Bundle.entry.search.mode). */
export interface Page {
  readonly matches: readonly Match[];
  readonly included: readonly Resource[];
  /** An OperationOutcome came with the matches: the search was not quite what was asked for. */
  readonly outcome: boolean;
  /** The bundle says that something was taken out of it. */
  readonly redacted: boolean;
  /** How many matches there are on all pages, where the server says. */
  readonly total: number | null;
  readonly next: string | null;
}

/** A resource that was searched for, and the address at which its server keeps it. */
export interface Match {
  readonly resource: Resource;
  readonly fullUrl: string | null;
}

/** Reads one page; anything but a searchset of `resourceType` is an INVALID_ANSWER. */
export function readPage(bundle: unknown, resourceType: string): Page {
  if (!isElement(bundle) || bundle.resourceType !== 'Bundle' || bundle.type !== 'searchset') throw invalid();
  const matches: Match[] = [];
  const included: Resource[] = [];
  let outcome = false;
  for (const entry of entriesOf(bundle)) {
    const resource = resourceOf(entry);
    const mode = isElement(entry.search) ? entry.search.mode : undefined;
    if (mode === 'outcome' || resource.resourceType === 'OperationOutcome') outcome = true;
    else if (!hasId(resource)) throw invalid();
    else if (mode === 'include') included.push(resource);
    else if (resource.resourceType !== resourceType) throw invalid();
    else matches.push({ resource, fullUrl: typeof entry.fullUrl === 'string' ? entry.fullUrl : null });
  }
  const [total, next] = [totalOf(bundle), nextOf(bundle)];
  return { matches, included, outcome, redacted: saysRedacted(bundle), total, next };
}

/** Whether a refusal's OperationOutcome says that the patient or the provider does not allow it. */
export function saysWithheld(outcome: unknown): boolean {
  if (!isElement(outcome) || outcome.resourceType !== 'OperationOutcome') return false;
  return elements(outcome.issue)
    .flatMap(({ details }) => elements(isElement(details) ? details.coding : undefined))
    .some(({ code }) => code === 'NO_PATIENT_CONSENT' || code === 'ACCESS_DENIED');
}

function entriesOf({ entry }: Element): readonly Element[] {
  const entries = elements(entry);
  if (entry !== undefined && (!Array.isArray(entry) || entries.length < entry.length)) throw invalid();
  return entries;
}

function resourceOf({ resource }: Element): Element {
  if (isElement(resource)) return resource;
  throw invalid();
}

function hasId(resource: Element): resource is Resource {
  return typeof resource.resourceType === 'string' && typeof resource.id === 'string' && resource.id !== '';
}

function totalOf({ total }: Element): number | null {
  if (total === undefined || total === null) return null;
  if (typeof total === 'number' && Number.isSafeInteger(total)) return total;
  throw invalid();
}

/** A link that cannot be read may be the one to the next page, without which the rest would be missing unsaid. */
function nextOf({ link }: Element): string | null {
  if (link === undefined || link === null) return null;
  const links = elements(link);
  if (!Array.isArray(link) || links.length < link.length) throw invalid();
  const urls = new Set(links.filter(({ relation }) => relation === 'next').map(({ url }) => url));
  if (urls.size === 0) return null;
  const [url] = urls;
  if (typeof url !== 'string' || url === '' || urls.size > 1) throw invalid();
  return url;
}

function invalid(): SystemFault {
  return new SystemFault('INVALID_ANSWER');
}

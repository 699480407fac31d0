import type { Dissent } from '../../../../../consent-policy/vocabulary.ts';
import { listCode } from './encounters.ts';
import { isResource, type Json, list, object, type Resource, referenceKey } from './json.ts';
import { emptyReason, warningCodes } from './list-notices.ts';
import type { Notices } from './outcomes.ts';
import type { StructuredRecord } from './record.ts';
import { isDate } from './value-reader.ts';

/** The primary List of uncategorised data: without it a dissent cannot be ruled out. */
const uncategorisedList = '826501000000100';
/** SNOMED CT: refused consent for upload to local shared electronic record. */
const dissentCode = '416409005';
const dissentWords = 'refused consent for upload to local shared electronic record';
/** SNOMED CT: consent given for upload to local shared electronic record. */
const consentCode = '417528008';
const snomed = 'http://snomed.info/sct';
/** Reasons for an empty List that mean that there is nothing. */
const nothingRecorded = new Set(['no-content-recorded', 'noContent']);
/** Statuses of an Observation that has been made and stands (STU3, "ObservationStatus"). */
const standing = new Set<unknown>(['final', 'amended', 'corrected']);

/**
 * Warnings that are published and said of many records: what a former practice has not sent yet, what waits to be filed, and
 * what is left out as confidential. None of it is where a practice records a dissent, and the system itself answers
 * NO_PATIENT_CONSENT for one; to withhold every such record would cost far more than it could protect.
 */
const expectedWarnings = new Set(['data-in-transit', 'data-awaiting-filing', 'confidential-items']);

/** What the dissent is read from. */
export interface Recorded {
  readonly bundle: Json;
  readonly record: StructuredRecord;
  readonly notices: Notices;
  /** The date in England. */
  readonly today: string;
}

/**
 * `local` unless a dissent can be ruled out or is overruled by a later consent: the latest date wins, the same date refuses,
 * and so does a dissent without a date (policy `dissent`). A dissent counts wherever it stands, a consent only where it must.
 */
export function recordedDissent(recorded: Recorded): Exclude<Dissent, 'regional'> {
  if (!isUncategorisedComplete(recorded)) return 'local';
  const dissents = [...dissenting(recorded.bundle)].filter(({ status }) => status !== 'entered-in-error');
  if (dissents.length === 0) return 'none';
  const consents = consentDates(recorded);
  return dissents.every((one) => consents.some((consent) => overrules(consent, one))) ? 'none' : 'local';
}

/** True for an Observation that records consent or dissent. */
export function isConsentRecord(resource: Resource): boolean {
  return isConsent(resource) || list(object(resource.code).coding).some((one) => saysDissent(object(one)));
}

/** Nothing may be missing in which a dissent could stand: left out, cut off, unreadable, or another patient's. */
function isUncategorisedComplete({ record, notices }: Recorded): boolean {
  if (record.unreadable > 0 || record.cut || notices.other) return false;
  const isUnanswered = [...notices.off, ...notices.partly].some((name) =>
    name.startsWith('includeuncategorised'),
  );
  const lists = uncategorisedLists(record);
  return !isUnanswered && lists.length > 0 && lists.every((one) => isComplete(one, record));
}

function uncategorisedLists(record: StructuredRecord): readonly Resource[] {
  return (record.byType.get('List') ?? []).filter((one) => listCode(one) === uncategorisedList);
}

function isComplete(one: Resource, record: StructuredRecord): boolean {
  if (record.doubtful.has(one) || !warningCodes(one).every((code) => expectedWarnings.has(code)))
    return false;
  const entries = list(one.entry).map(object);
  const reasons = emptyReason(one);
  if (!reasons.every((reason) => nothingRecorded.has(reason))) return false;
  if (entries.length === 0) return reasons.length > 0;
  return entries.every(({ item }) => record.resolve(item, one) !== null);
}

/** Every resource, contained at any depth, in which dissent stands: coded anywhere in it, or in the words of the code alone. */
function dissenting(bundle: Json): ReadonlySet<Json> {
  const found = new Set<Json>();
  const open: { readonly value: unknown; readonly holder: Json }[] = [{ value: bundle, holder: bundle }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value } = next;
    const holder = isResource(value) ? value : next.holder;
    if (saysDissent(object(value))) found.add(holder);
    for (const inner of Array.isArray(value) ? value : Object.values(object(value))) {
      if (typeof inner === 'object' && inner !== null) open.push({ value: inner, holder });
    }
  }
  return found;
}

/** In any code system and way of writing: to overlook a dissent would be worse than to see one too many. */
function saysDissent({ code, display, text }: Json): boolean {
  const isCode = (one: unknown) =>
    (typeof one === 'string' || typeof one === 'number') && String(one).trim() === dissentCode;
  const isWords = (one: unknown) =>
    typeof one === 'string' && one.trim().replaceAll(/\s+/g, ' ').toLowerCase() === dissentWords;
  return list(code).some(isCode) || isWords(display) || isWords(text);
}

/** The consents that count: listed, an entry of their own, this patient's, standing, and dated no later than today. */
function consentDates({ bundle, record, today }: Recorded): readonly string[] {
  const top = new Set(list(bundle.entry).map((entry) => object(entry).resource));
  const items = uncategorisedLists(record)
    .flatMap((one) => list(one.entry).map(object))
    .filter(({ item, deleted }) => deleted !== true && !referenceKey(item)?.startsWith('#'))
    .flatMap(({ item }) => record.resolve(item) ?? []);
  const dates = items
    .filter((one) => top.has(one) && isConsent(one) && standing.has(one.status))
    .map(({ effectiveDateTime, effectivePeriod }) => day(effectiveDateTime ?? object(effectivePeriod).start))
    .filter((date) => date !== null);
  return [...new Set(dates)].filter((date) => !isLater(date, today));
}

function isConsent(resource: Resource): boolean {
  return (
    resource.resourceType === 'Observation' &&
    list(object(resource.code).coding)
      .map(object)
      .some(({ system, code }) => system === snomed && code === consentCode)
  );
}

/** A consent must be later than everything that dates the dissent. */
function overrules(consent: string, { effectiveDateTime, effectivePeriod, issued }: Json): boolean {
  const { start, end } = object(effectivePeriod);
  const dates = [effectiveDateTime, start, end, issued].filter((one) => one !== undefined && one !== null);
  return dates.length > 0 && dates.map(day).every((date) => date !== null && isLater(consent, date));
}

function day(value: unknown): string | null {
  return isDate(value) ? value.slice(0, 10) : null;
}

/** Days are compared, and partial dates only as far as both go: consent in "2020" is not later than dissent in May 2020. */
function isLater(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length);
  return one.slice(0, length) > other.slice(0, length);
}

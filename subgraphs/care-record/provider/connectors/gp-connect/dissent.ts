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
  return !isUnanswered && lists.some(isStanding) && lists.every((one) => isComplete(one, record));
}

function uncategorisedLists(record: StructuredRecord): readonly Resource[] {
  return (record.byType.get('List') ?? []).filter((one) => listCode(one) === uncategorisedList);
}

/** What a List recorded in error is about still has to be there, but the List vouches for nothing. */
function isStanding({ status }: Resource): boolean {
  return status !== 'entered-in-error';
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
  return list(code).some(isDissentCode) || [display, text].some(beginsWithDissent);
}

/** Also as an address, with its term between bars, with a refinement, or with characters nobody sees. */
function isDissentCode(one: unknown): boolean {
  if (typeof one !== 'string' && typeof one !== 'number') return false;
  const steps = String(one)
    .replaceAll(/[\p{Cf}\s]/gu, '')
    .split(/[|/]/);
  return steps.some((step) => /\d+/.exec(step)?.[0] === dissentCode);
}

/** What follows may be the rest of the fully specified name, e.g. `(finding)`. */
function beginsWithDissent(one: unknown): boolean {
  if (typeof one !== 'string') return false;
  const words = one.replaceAll(/\p{Cf}/gu, '').replaceAll(/\s+/g, ' ');
  return words.trim().toLowerCase().startsWith(dissentWords);
}

/** The consents that count: listed where it stands, an entry of their own, this patient's, and standing today. */
function consentDates({ bundle, record, today }: Recorded): readonly string[] {
  const top = new Set(list(bundle.entry).map((entry) => object(entry).resource));
  const items = uncategorisedLists(record)
    .filter(isStanding)
    .flatMap((one) => list(one.entry).map(object))
    .filter(({ item, deleted }) => deleted !== true && !referenceKey(item)?.startsWith('#'))
    .flatMap(({ item }) => record.resolve(item) ?? []);
  const dates = items
    .filter((one) => top.has(one) && isConsent(one))
    .map((one) => consentDate(one, today))
    .filter((date) => date !== null);
  return [...new Set(dates)];
}

/** The earliest of a consent's dates; null for one that was not made, says no, is over, or is dated after today. */
function consentDate(consent: Resource, today: string): string | null {
  const { status, valueBoolean, effectiveDateTime, effectivePeriod, issued } = consent;
  const { start, end } = object(effectivePeriod);
  if (!standing.has(status) || (valueBoolean ?? true) !== true || !isSent(effectiveDateTime ?? start))
    return null;
  const ended = isSent(end) ? day(end) : today;
  const dates = [effectiveDateTime, start, issued].filter(isSent).map(day);
  if (ended === null || isLater(today, ended)) return null;
  const read = dates.filter((date) => date !== null && !isLater(date, today));
  return read.length < dates.length ? null : (read.sort()[0] ?? null);
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
  const dates = [effectiveDateTime, start, end, issued].filter(isSent);
  return dates.length > 0 && dates.map(day).every((date) => date !== null && isLater(consent, date));
}

function isSent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function day(value: unknown): string | null {
  return isDate(value) ? value.slice(0, 10) : null;
}

/** Days are compared, and partial dates only as far as both go: consent in "2020" is not later than dissent in May 2020. */
function isLater(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length);
  return one.slice(0, length) > other.slice(0, length);
}

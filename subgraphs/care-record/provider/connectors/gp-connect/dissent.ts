import { listCode } from './encounters.ts';
import { list, object, type Resource, type StructuredRecord } from './record.ts';
import { isDate } from './value-reader.ts';

/** The primary List of uncategorised data: without it a dissent cannot be ruled out. */
export const uncategorisedList = '826501000000100';
/** SNOMED CT: refused consent for upload to local shared electronic record. */
const dissentCode = '416409005';
/** SNOMED CT: consent given for upload to local shared electronic record. */
const consentCode = '417528008';
const snomed = 'http://snomed.info/sct';

/** Whether the patient dissents to the local shared record, as far as this record can tell. */
export type RecordedDissent = 'none' | 'local' | 'unknown';

/**
 * The latest date wins, the same date refuses, and so does a dissent without a date (policy `dissent`). Where the
 * uncategorised data is missing, or names something that was not sent, nobody can tell: `unknown`.
 */
export function recordedDissent(record: StructuredRecord): RecordedDissent {
  if (!uncategorisedComplete(record)) return 'unknown';
  const observations = (record.byType.get('Observation') ?? []).filter(
    ({ status }) => status !== 'entered-in-error',
  );
  const dissents = observations.filter((one) => isCoded(one, dissentCode));
  const consents = observations.filter((one) => isCoded(one, consentCode, snomed)).map(dateOf);
  const overruled = (dissent: string | null) => consents.some((consent) => isLater(consent, dissent));
  return dissents.map(dateOf).every(overruled) ? 'none' : 'local';
}

/** True for an Observation that records consent or dissent. */
export function isConsentRecord(resource: Resource): boolean {
  return isCoded(resource, dissentCode) || isCoded(resource, consentCode, snomed);
}

function uncategorisedComplete(record: StructuredRecord): boolean {
  const lists = (record.byType.get('List') ?? []).filter((one) => listCode(one) === uncategorisedList);
  const items = lists.flatMap((one) =>
    list(one.entry).map((entry) => record.resolve(object(entry).item, one)),
  );
  return lists.length > 0 && items.every((item) => item !== null);
}

/** A dissent counts in any code system: to overlook one would be worse than to see one too many. */
function isCoded(resource: Resource, code: string, system?: string): boolean {
  return list(object(resource.code).coding)
    .map(object)
    .some((coding) => coding.code === code && (system === undefined || coding.system === system));
}

function dateOf(observation: Resource): string | null {
  const date = observation.effectiveDateTime ?? object(observation.effectivePeriod).start;
  return isDate(date) ? date.slice(0, 10) : null;
}

/** Days are compared, and partial dates only as far as both go: consent in "2020" is not later than dissent in May 2020. */
function isLater(consent: string | null, dissent: string | null): boolean {
  if (consent === null || dissent === null) return false;
  const length = Math.min(consent.length, dissent.length);
  return consent.slice(0, length) > dissent.slice(0, length);
}

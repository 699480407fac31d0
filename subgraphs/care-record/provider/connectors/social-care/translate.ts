import { isDeepStrictEqual } from 'node:util';
import { isCalendarDate } from '../../calendar-date.ts';
import { type EntryDraft, emptyAnswer, type SectionAnswer } from '../../connector.ts';
import type { ClaimedPerson } from '../../cross-check.ts';
import { SystemFault } from '../../system-http.ts';
import { type Warning, warnings } from '../../warnings.ts';

/** A JSON object whose content is not yet checked. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** All pages of one list of the case system. */
export interface List {
  readonly items: readonly JsonRecord[];
  /** The list goes on beyond what was read. */
  readonly cut: boolean;
}

/** One list of a resident, or why there is none. */
export type ResidentList = List | 'refused' | SystemFault;

/** An id as it stands in addresses, whether it was sent as a number or as text. */
export function idOf(value: unknown): string | null {
  return (typeof value === 'string' && value !== '') || Number.isSafeInteger(value) ? String(value) : null;
}

/** What the case system says of a resident, for the cross-check. */
export function claimedPerson({ nhsNumber, dateOfBirth, lastName }: JsonRecord): ClaimedPerson {
  return {
    // Sent as a number it loses the zeros it begins with.
    nhsNumber: idOf(nhsNumber)?.padStart(10, '0') ?? null,
    birthDate: new FieldReader().date(dateOfBirth),
    familyName: typeof lastName === 'string' ? lastName : null,
  };
}

/** Whether access to the resident's record is restricted; anything sent that is not a plain no counts as a yes. */
export function isRestricted({ restricted }: JsonRecord): boolean {
  if (restricted === undefined || restricted === null || restricted === false) return false;
  return typeof restricted !== 'string' || !['', 'n', 'no', 'false'].includes(restricted.toLowerCase());
}

/** Whether everything in a list is about this resident. */
export function isAllAbout(residentId: string, list: ResidentList): boolean {
  return itemsOf(list).every(({ personId }) => idOf(personId) === residentId);
}

/** The section's answer; `noted` are the warnings that hold for the resident as a whole. */
export function translate(
  allocations: ResidentList,
  cases: ResidentList,
  noted: readonly Warning[],
): SectionAnswer {
  const read = new FieldReader();
  const entries = [
    ...itemsOf(allocations).map((item) => allocation(item, read)),
    ...itemsOf(cases).map((item) => caseRecord(item, read)),
  ].filter((entry) => entry !== null);
  const unique = uniqueEntries(entries, read);
  const lists = [allocations, cases];
  if (lists.every((list) => list === 'refused')) return emptyAnswer('WITHHELD', ...noted);
  const missing = [
    ...(lists.some((list) => list instanceof SystemFault) ? [warnings.partlyUnavailable] : []),
    ...(lists.some((list) => isList(list) && list.cut) ? [warnings.readToLimit] : []),
    ...(read.unreadable ? [warnings.unreadableEntries] : []),
  ];
  const state = missing.length > 0 ? 'INCOMPLETE' : 'COMPLETE';
  const answer = emptyAnswer(lists.includes('refused') ? 'PARTLY_WITHHELD' : state, ...noted, ...missing);
  return { ...answer, entries: unique };
}

/** Pages move while they are read, so that one item may come twice; another under the same id has no id of its own. */
function uniqueEntries(entries: readonly EntryDraft[], read: FieldReader): readonly EntryDraft[] {
  const unique = new Map<string, EntryDraft>();
  for (const entry of entries) {
    const known = unique.get(entry.localId);
    if (known === undefined) unique.set(entry.localId, entry);
    else if (!isDeepStrictEqual(known, entry)) read.unreadable = true;
  }
  return [...unique.values()];
}

function itemsOf(list: ResidentList): readonly JsonRecord[] {
  return isList(list) ? list.items : [];
}

function isList(list: ResidentList): list is List {
  return list !== 'refused' && !(list instanceof SystemFault);
}

function allocation(item: JsonRecord, read: FieldReader): EntryDraft | null {
  const started = read.date(item.allocationStartDate);
  return entryOf(
    read.id('allocation', item.id),
    started,
    { author: null, recordedAt: null },
    {
      kind: 'allocation',
      title: read.text(item.workerType),
      status: read.text(item.caseStatus)?.toLowerCase() ?? null,
      started,
      ended: read.date(item.allocationEndDate),
      worker: read.text(item.allocatedWorker),
      team: read.text(item.allocatedWorkerTeam),
    },
  );
}

/** A form filled in about the resident: it is dated, it does not last, and it has no status. */
function caseRecord(item: JsonRecord, read: FieldReader): EntryDraft | null {
  const recordedAt = read.date(item.caseFormTimestamp);
  const started = read.date(item.dateOfEvent) ?? recordedAt;
  const worker = read.text(item.officerEmail);
  return entryOf(
    read.id('case', item.recordId),
    started,
    { author: worker, recordedAt },
    {
      kind: 'case',
      title: read.text(item.formName),
      status: null,
      started,
      ended: null,
      worker,
      team: null,
    },
  );
}

function entryOf(
  localId: string | null,
  order: string | null,
  source: { readonly author: string | null; readonly recordedAt: string | null },
  fields: JsonRecord,
): EntryDraft | null {
  if (localId === null) return null;
  return { localId, order, label: 'none', item: { source: { system: null, ...source }, ...fields } };
}

/** A date, with a time where it says more than midnight, as JSON and as the system's older records write it. */
const isoDate = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?$/;
const britishDate = /^(\d\d)\/(\d\d)\/(\d{4})(?: (\d{1,2}:\d\d:\d\d))?$/;

/** Reads fields: a malformed one is null and noted, so that it costs itself only. */
class FieldReader {
  unreadable = false;

  text(value: unknown): string | null {
    return typeof value === 'string' ? value || null : this.#absent(value);
  }

  date(value: unknown): string | null {
    if (typeof value !== 'string') return this.#absent(value);
    const [, year, month, day, time, zone = ''] = isoDate.exec(value) ?? [];
    if (year !== undefined) return this.#calendar(`${year}-${month}-${day}`, time, zone);
    const british = britishDate.exec(value);
    if (british === null) return this.#absent(value);
    return this.#calendar(`${british[3]}-${british[2]}-${british[1]}`, british[4]?.padStart(8, '0'), '');
  }

  id(kind: string, value: unknown): string | null {
    const id = idOf(value);
    if (id === null) this.unreadable = true;
    return id === null ? null : `${kind}/${id}`;
  }

  #calendar(date: string, time: string | undefined, zone: string): string | null {
    const whole =
      time === undefined || (time === '00:00:00' && zone === '') ? date : `${date}T${time}${zone}`;
    return !isCalendarDate(date) || Number.isNaN(Date.parse(whole)) ? this.#absent(whole) : whole;
  }

  #absent(value: unknown): null {
    if (value !== undefined && value !== null && value !== '') this.unreadable = true;
    return null;
  }
}

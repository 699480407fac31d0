import { type Warning, warnings } from '../../warnings.ts';
import type { ClinicalArea } from './clinical-area.ts';
import { listCode } from './encounters.ts';
import { extensions, list, object, type Resource } from './json.ts';
import type { StructuredRecord } from './record.ts';

const emptyReasons = new Set(['no-content-recorded', 'noContent', 'nilknown']);

/** What the Lists of one area say of it (GP Connect, "Returning data in lists"). */
export interface ListNotices {
  /** Something was left out for confidentiality; the list never says what or where. */
  readonly withheld: boolean;
  /** Reasons why the area is not all there. */
  readonly incomplete: readonly Warning[];
  /** `empty` is said by the source; `unsaid` means that its primary list is missing or gives no reason for being empty. */
  readonly content: 'some' | 'empty' | 'unsaid';
}

const incompleteness: ReadonlyMap<string, Warning> = new Map([
  ['data-in-transit', warnings.recordInTransit],
  ['data-awaiting-filing', warnings.awaitingFiling],
]);

/** Reads the warning codes and empty reasons of every List that concerns the area. */
export function listNotices(area: ClinicalArea, record: StructuredRecord): ListNotices {
  const lists = (record.byType.get('List') ?? []).filter((one) => concerns(area, one));
  const primary = lists.filter((one) => listCode(one) === area.primaryList);
  const codes = lists.flatMap(warningCodes);
  const reasons = lists.flatMap(emptyReason);
  const missing = lists.some((one) => list(one.entry).some((entry) => !isThere(entry, one, record)));
  return {
    withheld: codes.includes('confidential-items') || reasons.includes('withheld'),
    incomplete: [
      ...codes
        .filter((code) => code !== 'confidential-items')
        .map((code) => incompleteness.get(code) ?? warnings.searchIncomplete),
      ...(missing || lists.some((one) => record.doubtful.has(one)) ? [warnings.partlyUnavailable] : []),
    ],
    content: contentOf(primary),
  };
}

function concerns(area: ClinicalArea, one: Resource): boolean {
  const code = listCode(one) ?? '';
  return code === area.primaryList || area.furtherLists.test(code);
}

function contentOf(primary: readonly Resource[]): ListNotices['content'] {
  if (primary.some((one) => list(one.entry).length > 0)) return 'some';
  const reasons = primary.flatMap(emptyReason);
  return reasons.some((reason) => reason === 'withheld' || emptyReasons.has(reason)) ? 'empty' : 'unsaid';
}

/** What a List warns of; a code that cannot be read is one that nobody knows. */
export function warningCodes(one: Resource): readonly string[] {
  return extensions(one, 'ListWarningCode-1').map(({ valueCode }) => word(valueCode));
}

/** Why a List is empty, as far as it says. */
export function emptyReason(one: Resource): readonly string[] {
  return list(object(one.emptyReason).coding).map((coding) => word(object(coding).code));
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isThere(entry: unknown, one: Resource, record: StructuredRecord): boolean {
  return record.resolve(object(entry).item, one) !== null;
}

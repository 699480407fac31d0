import type { TracedPatient } from '../../../../../consent-policy/access-context.ts';
import type { Section } from '../../../../../consent-policy/vocabulary.ts';
import type { SourceState } from '../../../source-state.ts';
import { type EntryDraft, emptyAnswer, type SectionAnswer } from '../../connector.ts';
import type { SystemResponse } from '../../system-http.ts';
import { type Warning, warnings } from '../../warnings.ts';
import { type ClinicalArea, clinicalAreas } from './clinical-area.ts';
import { recordedDissent } from './dissent.ts';
import { listCode } from './encounters.ts';
import { list, object, type Resource } from './json.ts';
import { entryLabels } from './labels.ts';
import { listNotices } from './list-notices.ts';
import { type Notices, readNotices, refusalState } from './outcomes.ts';
import { checkPatient } from './patient.ts';
import { readRecord, type StructuredRecord } from './record.ts';
import { SharedParts } from './shared-parts.ts';
import { ValueReader } from './value-reader.ts';

/** What the source answered for every section wanted; a section that GP Connect does not carry is NOT_HELD. */
export function translate(
  response: SystemResponse,
  traced: TracedPatient,
  wanted: readonly Section[],
  today: string,
): ReadonlyMap<Section, SectionAnswer> {
  const answer = answerFor(response, traced, today);
  return new Map(
    wanted.map((section) => {
      const area = clinicalAreas.get(section);
      return [section, area ? answer(area) : emptyAnswer('NOT_HELD')];
    }),
  );
}

type Answer = (area: ClinicalArea) => SectionAnswer;

function answerFor({ status, json }: SystemResponse, traced: TracedPatient, today: string): Answer {
  const all =
    (state: SourceState): Answer =>
    () =>
      emptyAnswer(state);
  const refusal = refusalState(status, json);
  if (refusal) return all(refusal);
  const bundle = object(json);
  if (bundle.resourceType !== 'Bundle') return all('INVALID_ANSWER');
  const record = readRecord(bundle);
  const notices = readNotices(record.byType.get('OperationOutcome') ?? []);
  if (notices.refusal) return all(notices.refusal);
  const checked = checkPatient(record, traced);
  if (!checked) return all('INVALID_ANSWER');
  const dissent = recordedDissent({ bundle, record, notices, today });
  const labelOf = entryLabels(record);
  return (area) => {
    if (isOff(area, notices)) return { ...emptyAnswer('SWITCHED_OFF', ...checked), dissent };
    const translated = translateArea(area, record, labelOf);
    const { entries } = translated;
    const { state, found } = areaState(area, record, notices, translated);
    return { state, warnings: [...new Set([...checked, ...found])], dissent, entries };
  };
}

/** What became of one area. */
export interface TranslatedArea {
  readonly entries: readonly EntryDraft[];
  /** Values that could not be read, and listed items that led to no entry. */
  readonly unreadable: number;
  /** True where the entries share so much that reading stopped. */
  readonly tooEntangled: boolean;
}

/** The entries of one area. An entry that could not be followed to its end is left out: its label might be missing too. */
export function translateArea(
  area: ClinicalArea,
  record: StructuredRecord,
  labelOf = entryLabels(record),
): TranslatedArea {
  const shared = new SharedParts(record.resources);
  const read = new ValueReader(record, shared, labelOf);
  const entries: EntryDraft[] = [];
  const shown = new Set<Resource>();
  for (const found of area.find(record)) {
    const all = [found.root, ...found.parts];
    for (const one of all) shared.allows(one);
    if (shared.tooEntangled) break;
    const translated = area.translate(found, record, read);
    if (shared.tooEntangled) break;
    entries.push({ localId: record.localIds.get(found.root) ?? '', label: labelOf(all), ...translated });
    for (const one of all) shown.add(one);
  }
  const unreadable = read.unreadable + notUnderstood(area, record, shown);
  return { entries, unreadable, tooEntangled: shared.tooEntangled };
}

/** Items of the primary List that are there and yet in no entry: a type that is not known here must not look like nothing. */
function notUnderstood(area: ClinicalArea, record: StructuredRecord, shown: ReadonlySet<Resource>): number {
  const lists = (record.byType.get('List') ?? []).filter((one) => listCode(one) === area.primaryList);
  const items = lists.flatMap((one) =>
    list(one.entry).map((entry) => record.resolve(object(entry).item, one)),
  );
  return items.filter((item) => item !== null && !shown.has(item)).length;
}

function isOff({ parameter, fallback }: ClinicalArea, { off }: Notices): boolean {
  return names(off, parameter) && (!fallback || names(off, fallback.parameter));
}

/** Parameters are compared without regard to case: a supplier may not keep it. */
function names(parameters: ReadonlySet<string>, { name }: ClinicalArea['parameter']): boolean {
  return parameters.has(name.toLowerCase());
}

/** The state in words that err towards less: withheld before incomplete, incomplete before complete. */
function areaState(
  area: ClinicalArea,
  record: StructuredRecord,
  notices: Notices,
  { entries: { length: entries }, unreadable, tooEntangled }: TranslatedArea,
): { readonly state: SourceState; readonly found: readonly Warning[] } {
  const { withheld, incomplete, content } = listNotices(area, record);
  const lost = unreadable + record.unreadable + record.foreign.filter((one) => area.holds(one)).length;
  const found: Warning[] = [...incomplete];
  if (lost > 0) found.push(warnings.unreadableEntries);
  if (names(notices.partly, area.parameter)) found.push(warnings.partlyUnavailable);
  if (tooEntangled) found.push(warnings.tooEntangled);
  if (notices.other || record.cut) found.push(warnings.searchIncomplete);
  const fellBack = names(notices.off, area.parameter);
  if (area.fallback && fellBack) found.push(area.fallback.warning);
  else if (content === 'unsaid' && entries > 0) found.push(warnings.partlyUnavailable);
  if (withheld) return { state: 'PARTLY_WITHHELD', found };
  if (content === 'unsaid' && entries === 0 && !fellBack && !tooEntangled)
    return { state: 'NO_RECORD_GIVEN', found };
  if (found.length > 0) return { state: 'INCOMPLETE', found };
  return { state: 'COMPLETE', found: entries === 0 ? [warnings.emptyList] : [] };
}

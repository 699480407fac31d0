import type { TracedPatient } from '../../../../../consent-policy/access-context.ts';
import type { Section } from '../../../../../consent-policy/vocabulary.ts';
import type { SourceState } from '../../../source-state.ts';
import { type EntryDraft, emptyAnswer, type SectionAnswer } from '../../connector.ts';
import type { SystemResponse } from '../../system-http.ts';
import { type Warning, warnings } from '../../warnings.ts';
import { type ClinicalArea, clinicalAreas } from './clinical-area.ts';
import { recordedDissent } from './dissent.ts';
import { entryLabels } from './labels.ts';
import { listNotices } from './list-notices.ts';
import { type Notices, readNotices, refusalState } from './outcomes.ts';
import { checkPatient } from './patient.ts';
import { object, readRecord, type StructuredRecord } from './record.ts';
import { ValueReader } from './value-reader.ts';

/** What the source answered for every section wanted; a section that GP Connect does not carry is NOT_HELD. */
export function translate(
  response: SystemResponse,
  traced: TracedPatient,
  wanted: readonly Section[],
): ReadonlyMap<Section, SectionAnswer> {
  const answer = answerFor(response, traced);
  return new Map(
    wanted.map((section) => {
      const area = clinicalAreas.get(section);
      return [section, area ? answer(area) : emptyAnswer('NOT_HELD')];
    }),
  );
}

type Answer = (area: ClinicalArea) => SectionAnswer;

function answerFor({ status, json }: SystemResponse, traced: TracedPatient): Answer {
  const all =
    (state: SourceState): Answer =>
    () =>
      emptyAnswer(state);
  const refusal = refusalState(status, json);
  if (refusal) return all(refusal);
  if (object(json).resourceType !== 'Bundle') return all('INVALID_ANSWER');
  const record = readRecord(object(json));
  const notices = readNotices(record.byType.get('OperationOutcome') ?? []);
  if (notices.refusal) return all(notices.refusal);
  const checked = checkPatient(record, traced);
  if (!checked) return all('INVALID_ANSWER');
  const dissent = recordedDissent(record);
  // Nobody may be shown anything while a dissent cannot be ruled out: closed by default.
  if (dissent === 'unknown' || notices.off.has('includeUncategorisedData')) return all('WITHHELD');
  const labelOf = entryLabels(record);
  return (area) => {
    if (isOff(area, notices)) return { ...emptyAnswer('SWITCHED_OFF', ...checked), dissent };
    const { entries, unreadable } = translateArea(area, record, labelOf);
    const { state, found } = areaState(area, record, notices, entries.length, unreadable);
    return { state, warnings: [...new Set([...checked, ...found])], dissent, entries };
  };
}

/** The entries of one area, and how many values could not be read in them. */
export function translateArea(
  area: ClinicalArea,
  record: StructuredRecord,
  labelOf = entryLabels(record),
): { readonly entries: readonly EntryDraft[]; readonly unreadable: number } {
  const read = new ValueReader(record);
  const entries = area.find(record).map((found) => ({
    localId: record.localIds.get(found.root) ?? '',
    label: labelOf([found.root, ...found.parts]),
    ...area.translate(found, record, read),
  }));
  return { entries, unreadable: read.unreadable };
}

function isOff({ parameter, fallback }: ClinicalArea, { off }: Notices): boolean {
  return off.has(parameter.name) && (!fallback || off.has(fallback.parameter.name));
}

/** The state in words that err towards less: withheld before incomplete, incomplete before complete. */
function areaState(
  area: ClinicalArea,
  record: StructuredRecord,
  notices: Notices,
  entries: number,
  unreadable: number,
): { readonly state: SourceState; readonly found: readonly Warning[] } {
  const { withheld, incomplete, content } = listNotices(area, record);
  const lost =
    unreadable +
    record.unreadable +
    record.foreign.filter((one) => area.types.includes(one.resourceType)).length;
  const found: Warning[] = [...incomplete];
  if (lost > 0) found.push(warnings.unreadableEntries);
  if (notices.partly.has(area.parameter.name)) found.push(warnings.partlyUnavailable);
  if (notices.other) found.push(warnings.searchIncomplete);
  const fellBack = notices.off.has(area.parameter.name);
  if (area.fallback && fellBack) found.push(area.fallback.warning);
  else if (content === 'unsaid' && entries > 0) found.push(warnings.partlyUnavailable);
  if (withheld) return { state: 'PARTLY_WITHHELD', found };
  if (content === 'unsaid' && entries === 0 && !fellBack) return { state: 'NO_RECORD_GIVEN', found };
  if (found.length > 0) return { state: 'INCOMPLETE', found };
  return { state: 'COMPLETE', found: entries === 0 ? [warnings.emptyList] : [] };
}

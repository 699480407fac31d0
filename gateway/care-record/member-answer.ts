import { warnings } from '../../subgraphs/care-record/provider/warnings.ts';
import type { SourceState } from '../../subgraphs/care-record/source-state.ts';
import { sourceOf } from './locate.ts';
import { keysKey, type MemberSection, patientKey, reportsKey } from './member-section.ts';
import { emptyOutcome, inFull, type SectionOutcome, type Source } from './outcome.ts';
import type { SectionPlan } from './record-plan.ts';
import type { Provider } from './register.ts';

/**
 * How many times its limit a member may send before nothing of it is looked at; what it sends beyond its limit is cut off after
 * consent (`limit.ts`).
 */
const excess = 4;

/** One section of what a member answered about the patient with this number; whatever does not fit is INVALID_ANSWER. */
export function sectionOutcome(
  provider: Provider,
  plan: SectionPlan,
  json: unknown,
  nhsNumber: string,
  elapsedMs: number,
): SectionOutcome {
  const source = sourceOf(provider);
  const patient = at(json, 'data', '_entities', 0);
  const section = at(patient, plan.key);
  const isFaulty = hasErrors(json, plan.key);
  if (section === undefined || section === null) {
    return emptyOutcome(source, plan, isFaulty ? 'UNAVAILABLE' : 'INVALID_ANSWER', { elapsedMs });
  }
  const mostEntries = excess * provider.entry.limits.itemsPerSection;
  const isPatients = at(patient, patientKey) === nhsNumber;
  const read = isPatients ? plan.readMember(section, { source, others: provider.others, mostEntries }) : null;
  const state = read && stateOf(read, isFaulty);
  return read === null || state === null
    ? emptyOutcome(source, plan, 'INVALID_ANSWER', { elapsedMs })
    : usableOutcome(source, plan, read, { state, isFaulty, elapsedMs });
}

function usableOutcome(
  source: Source,
  plan: SectionPlan,
  section: MemberSection,
  { state, isFaulty, elapsedMs }: { state: SourceState; isFaulty: boolean; elapsedMs: number },
): SectionOutcome {
  const selections = plan.selected.filter(({ name }) => name === 'items');
  const said = section[reportsKey].flatMap((report) => report.warnings).filter(isKnownWarning);
  return {
    ...emptyOutcome(source, plan, state, { elapsedMs }),
    warnings: isFaulty ? [...said, warnings.partlyUnavailable] : said,
    items: new Map(selections.map(({ key }) => [key, section[key] ?? []])),
    keys: section[keysKey],
  };
}

const mayHoldEntries: ReadonlySet<SourceState> = new Set(['COMPLETE', 'PARTLY_WITHHELD', 'INCOMPLETE']);

/**
 * What a member's reports say together; null where they contradict the entries beside them. Several reports come from a member
 * that is itself a gateway: entries beside a report of none are those of its other sources.
 */
function stateOf(section: MemberSection, isFaulty: boolean): SourceState | null {
  const states = section[reportsKey].map(({ state }) => state);
  const [first = null] = states;
  const said =
    states.find((state) => !inFull.has(state)) ?? states.find((state) => state === 'COMPLETE') ?? first;
  if (said === 'COMPLETE' && isFaulty) return 'INCOMPLETE';
  if (said === null || section[keysKey].length === 0 || mayHoldEntries.has(said)) return said;
  if (states.length === 1) return null;
  return said === 'WITHHELD' ? 'PARTLY_WITHHELD' : 'INCOMPLETE';
}

/** A member may be anybody's program: only sentences that stand in our list reach a clinician. */
function isKnownWarning(sentence: string): boolean {
  return Object.values<string>(warnings).includes(sentence);
}

/** Whether an error stands beside this section; one without a path may be about any of them. */
function hasErrors(json: unknown, key: string): boolean {
  const errors = at(json, 'errors');
  if (!Array.isArray(errors)) return false;
  return errors.some((error) => [undefined, key].includes(at(error, 'path', 2) as string | undefined));
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

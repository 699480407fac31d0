import { instantOf } from '../../subgraphs/care-record/provider/entry-order.ts';
import { sourceMessages } from '../../subgraphs/care-record/source-state.ts';
import type { FieldTree } from './field-tree.ts';
import { inFull, type SectionOutcome } from './outcome.ts';
import type { SectionPlan } from './record-plan.ts';

/** A section that this role does not see: nothing in it, nobody behind it, and not complete. */
export function refusedSection(plan: SectionPlan): Record<string, unknown> {
  return shapeSection(plan, [], [], false);
}

/**
 * One section from what every source did: entries newest first, undated last, ties by id, and a report per source. Complete only
 * if everybody who may hold something is among the sources, and each has answered in full.
 */
export function mergeSection(
  plan: SectionPlan,
  outcomes: readonly SectionOutcome[],
  allLocated: boolean,
): Record<string, unknown> {
  const complete = allLocated && outcomes.every(({ state }) => inFull.has(state));
  return shapeSection(plan, outcomes, order(outcomes), complete);
}

/** Where one entry stands: in which source's answer, and at which index. */
interface Place {
  readonly outcome: SectionOutcome;
  readonly index: number;
  readonly id: string;
  /** Milliseconds since 1970; negative infinity for an undated entry. */
  readonly instant: number;
}

function order(outcomes: readonly SectionOutcome[]): readonly Place[] {
  const places = outcomes.flatMap((outcome) =>
    outcome.keys.map((key, index) => ({ outcome, index, id: key.id, instant: instantOf(key.order) })),
  );
  return places.sort((one, other) => {
    if (one.instant !== other.instant) return one.instant > other.instant ? -1 : 1;
    return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
  });
}

function shapeSection(
  plan: SectionPlan,
  outcomes: readonly SectionOutcome[],
  places: readonly Place[],
  complete: boolean,
): Record<string, unknown> {
  const reports = outcomes.map(reportOf);
  const values: Readonly<Record<string, (key: string, below: FieldTree) => unknown>> = {
    items: (key) => places.map(({ outcome, index }) => outcome.items.get(key)?.[index]),
    sources: (_key, below) => reports.map((report) => project(report, 'SourceReport', below)),
    complete: () => complete,
    __typename: () => plan.typeName,
  };
  return Object.fromEntries(
    plan.selected.map(({ key, name, below }) => [key, values[name]?.(key, below ?? [])]),
  );
}

function reportOf({ source, state, warnings, keys, elapsedMs }: SectionOutcome): Record<string, unknown> {
  return {
    organisation: { odsCode: source.odsCode, name: source.name },
    careSetting: source.careSetting,
    state,
    message: sourceMessages[state],
    warnings: [...new Set(warnings)],
    items: keys.length,
    elapsedMs,
  };
}

/** What a tree selects of an object of ours. */
function project(value: Record<string, unknown>, typeName: string, tree: FieldTree): Record<string, unknown> {
  return Object.fromEntries(
    tree.map(({ key, name, below }) => {
      if (name === '__typename') return [key, typeName];
      const inner = value[name];
      const typeBelow = name === 'organisation' ? 'Organisation' : name;
      return [key, below && inner ? project(inner as Record<string, unknown>, typeBelow, below) : inner];
    }),
  );
}

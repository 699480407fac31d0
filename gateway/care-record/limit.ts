import { instantOf } from '../../subgraphs/care-record/provider/entry-order.ts';
import { warnings } from '../../subgraphs/care-record/provider/warnings.ts';
import type { SectionOutcome } from './outcome.ts';

/**
 * Holds a source to the number of entries that its register entry gives, newest first. It stands after consent, or which entries
 * are cut off would tell of those that may not be shown.
 */
export function withinLimit(outcome: SectionOutcome, limit: number): SectionOutcome {
  if (outcome.keys.length <= limit) return outcome;
  const newest = outcome.keys
    .map(({ order }, index) => ({ index, instant: instantOf(order) }))
    .sort((one, other) => (one.instant === other.instant ? 0 : one.instant > other.instant ? -1 : 1))
    .slice(0, limit);
  const kept = new Set(newest.map(({ index }) => index));
  const shown = <T>(values: readonly T[]) => values.filter((_, index) => kept.has(index));
  return {
    ...outcome,
    state: outcome.state === 'COMPLETE' ? 'INCOMPLETE' : outcome.state,
    warnings: [...outcome.warnings, warnings.cutAtLimit],
    items: new Map([...outcome.items].map(([key, values]) => [key, shown(values)])),
    keys: shown(outcome.keys),
  };
}

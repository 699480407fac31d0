import type { AccessContext } from '../../consent-policy/access-context.ts';
import { factsOf } from '../../consent-policy/facts.ts';
import type { Policy } from '../../consent-policy/policy.ts';
import type { Label } from '../../consent-policy/vocabulary.ts';
import { isStated } from '../../subgraphs/care-record/provider/member-section.ts';
import type { SectionOutcome } from './outcome.ts';

/**
 * Consent's third moment, once more in the gateway: an entry whose label may not be shown does not leave, whatever the member
 * thought. A label that is not a word of the vocabulary is refused like every unknown fact.
 */
export function releaseEntries(
  policy: Policy,
  access: AccessContext,
  outcome: SectionOutcome,
): SectionOutcome {
  if (outcome.keys.every(({ label }) => label === 'none')) return outcome;
  const facts = factsOf(access, outcome.section);
  const decisions = new Map(
    outcome.keys.map(({ label }) => [label, policy.decide({ ...facts, label: label as Label })]),
  );
  const isShown = outcome.keys.map(({ label }) => decisions.get(label)?.allowed === true);
  if (isShown.every(Boolean)) return outcome;
  const shown = <T>(values: readonly T[]) => values.filter((_, index) => isShown[index]);
  const refusals = [...decisions.values()].filter(({ allowed }) => !allowed);
  const isSaid = refusals.some((each) => isStated(access.requester.role, each));
  return {
    ...outcome,
    state: isSaid && outcome.state === 'COMPLETE' ? 'PARTLY_WITHHELD' : outcome.state,
    policies: refusals.flatMap(({ policies }) => policies),
    items: new Map([...outcome.items].map(([key, values]) => [key, shown(values)])),
    keys: shown(outcome.keys),
  };
}

/**
 * What a requester may know of an outcome: a SILENT source's refusal leaves no trace, and neither does a section that it does
 * not offer, or its refusal of the others would show. Null for no trace at all. One that fails is reported like any other: it
 * was asked only because the decision before the call lets this requester see what it holds, so that they may know of it
 * (`permit.ts`). What it could have refused only after the call, such as a dissent that its record holds, shows in that case.
 */
export function disclosed(outcome: SectionOutcome): SectionOutcome | null {
  if (!outcome.source.silent) return outcome;
  if (outcome.state === 'WITHHELD' || outcome.state === 'NOT_HELD') return null;
  return outcome.state === 'PARTLY_WITHHELD' ? { ...outcome, state: 'COMPLETE' } : outcome;
}

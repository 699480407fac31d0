import type { AccessContext } from '../../consent-policy/access-context.ts';
import { factsOf, sourceFacts } from '../../consent-policy/facts.ts';
import type { Policy } from '../../consent-policy/policy.ts';
import { warnings } from '../../subgraphs/care-record/provider/warnings.ts';
import { type Located, sourceOf } from './locate.ts';
import { emptyOutcome, type SectionOutcome } from './outcome.ts';
import type { SectionPlan } from './record-plan.ts';
import type { Provider } from './register.ts';

/** One provider and the sections that it may be asked for. */
export interface Ask {
  readonly provider: Provider;
  readonly sections: readonly SectionPlan[];
}

/** What is to be asked, and what is known without asking. */
export interface Permitted {
  /** Sections that this role does not see: no items, no sources, not complete. */
  readonly refused: ReadonlySet<SectionPlan>;
  readonly asks: readonly Ask[];
  readonly outcomes: readonly SectionOutcome[];
}

/**
 * Consent's first moment, before any call: a provider that may release nothing is not asked. Every located provider is either
 * asked for a section or has its outcome here.
 */
export function permit(
  policy: Policy,
  access: AccessContext,
  located: Located,
  plans: readonly SectionPlan[],
  today: string,
): Permitted {
  const refused = new Set(plans.filter(({ section }) => !policy.decide(factsOf(access, section)).allowed));
  const seen = plans.filter((plan) => !refused.has(plan));
  const outcomes: SectionOutcome[] = located.unconnected.flatMap((source) =>
    seen.map((plan) => emptyOutcome(source, plan, 'UNAVAILABLE', { warnings: [warnings.notConnected] })),
  );
  const open = (provider: Provider): Ask => ({
    provider,
    sections: seen.filter((plan) => {
      const known = knownWithoutAsking(policy, access, provider, plan, today);
      if (known) outcomes.push(known);
      return known === null;
    }),
  });
  for (const { provider, sections } of located.unlocated.map(open)) {
    const said = { warnings: [warnings.locatorDown] };
    outcomes.push(...sections.map((plan) => emptyOutcome(sourceOf(provider), plan, 'UNAVAILABLE', said)));
  }
  const asks = located.providers.map(open);
  return { refused, asks: asks.filter((ask) => ask.sections.length > 0), outcomes };
}

function knownWithoutAsking(
  policy: Policy,
  access: AccessContext,
  provider: Provider,
  plan: SectionPlan,
  today: string,
): SectionOutcome | null {
  const source = sourceOf(provider);
  if (!provider.entry.sections.includes(plan.section)) return emptyOutcome(source, plan, 'NOT_HELD');
  const { allowed, policies } = policy.decide(sourceFacts(access, plan.section, provider.agreement, today));
  return allowed ? null : emptyOutcome(source, plan, 'WITHHELD', { policies });
}

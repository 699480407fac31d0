import CircuitBreaker from 'opossum';
import type { AccessContext } from '../../consent-policy/access-context.ts';
import type { Signer } from '../../consent-policy/signature.ts';
import type { SourceState } from '../../subgraphs/care-record/source-state.ts';
import { type JsonResponse, requestJson, TooManyBytesFault } from '../bounded-json.ts';
import { sourceOf } from './locate.ts';
import { emptyOutcome, type Key, type SectionOutcome } from './outcome.ts';
import type { Ask } from './permit.ts';
import { keysKey, memberOperation, reportsKey, type SectionPlan } from './record-plan.ts';
import type { Provider } from './register.ts';

/** Asks members. Each one fails alone; every section asked for has its outcome; never rejects. */
export type Scatter = (
  asks: readonly Ask[],
  access: AccessContext,
  deadline: number,
) => Promise<readonly SectionOutcome[]>;

/** One call of one member. */
interface MemberCall {
  readonly provider: Provider;
  readonly body: string;
  readonly token: string;
  readonly timeoutMs: number;
}

/** A member gave nothing usable; counts against its breaker. */
class MemberFault extends Error {
  readonly code = 'MEMBER_FAILED';
  readonly state: SourceState;

  constructor(state: SourceState, cause?: unknown) {
    super(`a member answered ${state}`, { cause });
    this.name = 'MemberFault';
    this.state = state;
  }
}

/** A breaker opens when half of at least twenty calls in ten seconds failed, and tries again after five seconds. */
const breakerOptions = {
  timeout: false,
  errorThresholdPercentage: 50,
  volumeThreshold: 20,
  rollingCountTimeout: 10_000,
  resetTimeout: 5000,
  rollingPercentilesEnabled: false,
} as const;

/** Makes the stage. Deadlines are ours, since a breaker's own time-out cancels nothing; a client's leaving never reaches one. */
export function scatterer(signer: Signer): Scatter {
  const breakers = new Map<string, CircuitBreaker<[MemberCall], JsonResponse>>();
  const breakerOf = ({ entry }: Provider) => {
    const known = breakers.get(entry.provider);
    if (known) return known;
    const made = new CircuitBreaker(callMember, { ...breakerOptions, capacity: entry.limits.concurrency });
    breakers.set(entry.provider, made);
    return made;
  };
  return async (asks, access, deadline) => {
    const outcomes = await Promise.all(
      asks.map(async ({ provider, sections }) => {
        const startedAt = performance.now();
        const call: MemberCall = {
          provider,
          body: memberBody(sections, access),
          token: signer.sign(access, provider.entry.provider),
          timeoutMs: Math.min(provider.entry.limits.timeoutMs, deadline - startedAt),
        };
        const answer = await breakerOf(provider).fire(call).catch(stateOf);
        const elapsedMs = Math.round(performance.now() - startedAt);
        return sections.map((plan) => sectionOutcome(provider, plan, answer, elapsedMs));
      }),
    );
    return outcomes.flat();
  };
}

function memberBody(sections: readonly SectionPlan[], { patient }: AccessContext): string {
  return JSON.stringify({
    query: memberOperation(sections),
    variables: { representations: [{ __typename: 'Patient', nhsNumber: patient.nhsNumber }] },
  });
}

async function callMember({ provider, body, token, timeoutMs }: MemberCall): Promise<JsonResponse> {
  if (timeoutMs < 1) throw new MemberFault('TIMED_OUT');
  const response = await requestJson(provider.subgraphUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      'suture-deadline-ms': String(Math.floor(timeoutMs)),
    },
    body,
    timeoutMs,
    limitBytes: provider.entry.limits.bytes,
  });
  if (response.status !== 200) throw new MemberFault('UNAVAILABLE');
  return response;
}

/** Why a call failed, as the state of every section it was for. */
function stateOf(cause: unknown): SourceState {
  if (cause instanceof MemberFault) return cause.state;
  if (cause instanceof TooManyBytesFault) return 'INVALID_ANSWER';
  return cause instanceof Error && /Abort|Timeout/.test(cause.name) ? 'TIMED_OUT' : 'UNAVAILABLE';
}

function sectionOutcome(
  provider: Provider,
  plan: SectionPlan,
  answer: JsonResponse | SourceState,
  elapsedMs: number,
): SectionOutcome {
  const source = sourceOf(provider);
  if (typeof answer === 'string') return emptyOutcome(source, plan, answer, { elapsedMs });
  const section = at(answer.json, 'data', '_entities', 0, plan.key);
  if (section === undefined || section === null) {
    const state = Array.isArray(at(answer.json, 'errors')) ? 'UNAVAILABLE' : 'INVALID_ANSWER';
    return emptyOutcome(source, plan, state, { elapsedMs });
  }
  if (!plan.memberCheck(section)) return emptyOutcome(source, plan, 'INVALID_ANSWER', { elapsedMs });
  return checkedOutcome(provider, plan, section as MemberSection, elapsedMs);
}

/** What `memberCheck` has checked. */
interface MemberSection {
  readonly [keysKey]: readonly Key[];
  readonly [reportsKey]: readonly { readonly state: SourceState; readonly warnings: readonly string[] }[];
  readonly [itemsKey: string]: readonly unknown[];
}

/** Several reports come from a member that is itself a gateway: the first that is not in full says how it answered. */
function checkedOutcome(
  provider: Provider,
  plan: SectionPlan,
  section: MemberSection,
  elapsedMs: number,
): SectionOutcome {
  const reports = section[reportsKey];
  const report = reports.find(({ state }) => state !== 'COMPLETE') ?? reports[0];
  const source = sourceOf(provider);
  if (!report) return emptyOutcome(source, plan, 'INVALID_ANSWER', { elapsedMs });
  const selections = plan.selected.filter(({ name }) => name === 'items');
  return {
    source,
    section: plan.section,
    key: plan.key,
    state: report.state,
    warnings: reports.flatMap((each) => each.warnings),
    elapsedMs,
    policies: [],
    items: new Map(selections.map(({ key }) => [key, section[key] ?? []])),
    keys: section[keysKey],
  };
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

import CircuitBreaker from 'opossum';
import { Agent } from 'undici';
import type { AccessContext } from '../../consent-policy/access-context.ts';
import type { Signer } from '../../consent-policy/signature.ts';
import type { SourceState } from '../../subgraphs/care-record/source-state.ts';
import { type JsonResponse, requestJson, TooManyBytesFault } from '../bounded-json.ts';
import { sourceOf } from './locate.ts';
import { sectionOutcome } from './member-answer.ts';
import { emptyOutcome, type SectionOutcome } from './outcome.ts';
import type { Ask } from './permit.ts';
import { memberOperation, type SectionPlan } from './record-plan.ts';
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
  readonly dispatcher: Agent;
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

/** A member as it is called: its breaker, and its connections, as many as it allows at once. */
interface Line {
  readonly breaker: CircuitBreaker<[MemberCall], JsonResponse | SourceState>;
  readonly dispatcher: Agent;
}

/**
 * Makes the stage. Deadlines are ours, since a breaker's own time-out cancels nothing; a client's leaving never reaches one. Calls
 * beyond what a member allows at once wait for a connection within their deadline: a breaker's own limit on calls would refuse
 * them and count each refusal as the member's failure.
 */
export function scatterer(signer: Signer): Scatter {
  const lines = new Map<string, Line>();
  const lineTo = ({ entry }: Provider): Line => {
    const known = lines.get(entry.provider);
    if (known) return known;
    const breaker = new CircuitBreaker(callMember, breakerOptions);
    const made = { breaker, dispatcher: new Agent({ connections: entry.limits.concurrency }) };
    lines.set(entry.provider, made);
    return made;
  };
  return async (asks, access, deadline) => {
    const outcomes = await Promise.all(
      asks.map(async ({ provider, sections }) => {
        const startedAt = performance.now();
        const timeoutMs = Math.min(provider.entry.limits.timeoutMs, deadline - startedAt);
        const { breaker, dispatcher } = lineTo(provider);
        const body = memberBody(sections, access);
        const token = signer.sign(access, provider.entry.provider);
        // Time that others have used up is no failure of this member's.
        const answer =
          timeoutMs < 1
            ? 'TIMED_OUT'
            : await breaker.fire({ provider, body, token, timeoutMs, dispatcher }).catch(stateOf);
        const elapsedMs = Math.round(performance.now() - startedAt);
        return sections.map((plan) => outcomeOf(provider, plan, answer, access, elapsedMs));
      }),
    );
    return outcomes.flat();
  };
}

function outcomeOf(
  provider: Provider,
  plan: SectionPlan,
  answer: JsonResponse | SourceState,
  { patient }: AccessContext,
  elapsedMs: number,
): SectionOutcome {
  return typeof answer === 'string'
    ? emptyOutcome(sourceOf(provider), plan, answer, { elapsedMs })
    : sectionOutcome(provider, plan, answer.json, patient.nhsNumber, elapsedMs);
}

function memberBody(sections: readonly SectionPlan[], { patient }: AccessContext): string {
  return JSON.stringify({
    query: memberOperation(sections),
    variables: { representations: [{ __typename: 'Patient', nhsNumber: patient.nhsNumber }] },
  });
}

/**
 * A member that was given less time than its register entry allows, since others had used it up, and did not answer in it, has
 * not failed: it has its state without its breaker being told.
 */
async function callMember(call: MemberCall): Promise<JsonResponse | SourceState> {
  try {
    return await send(call);
  } catch (cause) {
    const state = stateOf(cause);
    if (state === 'TIMED_OUT' && call.timeoutMs < call.provider.entry.limits.timeoutMs) return state;
    throw cause;
  }
}

async function send({ provider, body, token, timeoutMs, dispatcher }: MemberCall): Promise<JsonResponse> {
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
    dispatcher,
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

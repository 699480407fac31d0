import type { AccessContext } from '../consent-policy/access-context.ts';
import type { Person } from '../subgraphs/person/person.ts';
import type { SectionOutcome } from './care-record/outcome.ts';
import type { Identity } from './identity.ts';
import type { GuardedOperation } from './operation-guard/operation-guard.ts';
import type { Generation } from './plan/generation.ts';

/** Leave to see one patient's record: the outcome of the access stage. */
export interface Access {
  readonly context: AccessContext;
  /** Who the patient is, from the trace already made. */
  readonly person: Person;
}

/** One request on its way: what each stage left for the next ones. Apollo Server's context value. */
export interface Passage {
  readonly correlationId: string;
  readonly startedAt: Date;
  /** No provider is waited for past this moment (milliseconds, as `performance.now()`). */
  readonly deadline: number;
  readonly identity: Identity;
  readonly generation: Generation;
  readonly operation: GuardedOperation;
  /** Null for an operation about no patient. */
  readonly access: Access | null;
  /** What every source did, for the audit record; filled while the operation runs. */
  readonly outcomes: SectionOutcome[];
  /** Tells the log of a failure of ours, without its message, which may quote a record. */
  readonly report: (cause: unknown) => void;
}

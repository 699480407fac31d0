import type { AccessContext } from '../../../consent-policy/access-context.ts';
import type { Dissent, Label, Section } from '../../../consent-policy/vocabulary.ts';
import type { SourceState } from '../source-state.ts';
import type { SystemHttp } from './system-http.ts';
import type { Warning } from './warnings.ts';

/** One entry as a connector translates it. Whoever calls adds `id`, `source.organisation` and `source.retrievedAt`. */
export interface EntryDraft {
  /** Unique and stable within the provider and section, e.g. `Condition/123`. It never leaves: a keyed hash of it does. */
  readonly localId: string;
  /** The clinical date as sent (ISO 8601, possibly partial), or null: orders the section, newest first. */
  readonly order: string | null;
  readonly label: Label;
  /** The fields of the section's entry type in `entries.graphql`, without `id`. */
  readonly item: EntryItem;
}

export interface EntryItem {
  readonly source: {
    readonly system: string | null;
    readonly author: string | null;
    readonly recordedAt: string | null;
  };
  readonly [field: string]: unknown;
}

/** What one provider answered for one section. */
export interface SectionAnswer {
  readonly state: SourceState;
  readonly warnings: readonly Warning[];
  /** `local` if the record says, or leaves open, that the patient dissents to the shared record. */
  readonly dissent: Exclude<Dissent, 'regional'>;
  readonly entries: readonly EntryDraft[];
}

/** One request to one provider's own system. */
export interface SystemCall {
  readonly http: SystemHttp;
  /** ODS code of the provider's organisation. */
  readonly odsCode: string;
  readonly access: AccessContext;
  /** The moment of the call, for audit tokens that a protocol carries. */
  readonly now: Date;
}

/**
 * A protocol of provider systems. Siblings share this shape: `read.ts` asks, `translate.ts` is pure. Deadline, byte limit,
 * batching and the consent directive stand once around all of them.
 */
export interface Connector {
  /** The sections that this protocol can carry. */
  readonly sections: readonly Section[];
  /**
   * Starts reading every section asked for and returns at once; each section answers or fails alone, so that a slow one
   * never takes a fast one down. A rejection must be a `SystemFault`; anything else is answered as UNAVAILABLE.
   */
  read(call: SystemCall, wanted: readonly Section[]): ReadonlyMap<Section, Promise<SectionAnswer>>;
}

/** An answer without entries: `state` says why. */
export function emptyAnswer(state: SourceState, ...warnings: Warning[]): SectionAnswer {
  return { state, warnings, dissent: 'none', entries: [] };
}

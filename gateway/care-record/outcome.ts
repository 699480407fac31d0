import type { Section } from '../../consent-policy/vocabulary.ts';
import type { CareSetting } from '../../subgraphs/care-record/register-entry.ts';
import type { SourceState } from '../../subgraphs/care-record/source-state.ts';

/** Identity and place in the order of one entry, as the member contract gives it. */
export interface Key {
  readonly id: string;
  readonly order: string | null;
  readonly label: string;
}

/** A source: a registered provider, or an organisation that is known to hold something and is not connected. */
export interface Source {
  readonly odsCode: string;
  readonly name: string | null;
  readonly careSetting: CareSetting | null;
  /** True if a refusal by this source leaves no trace in an answer. */
  readonly silent: boolean;
  /** True if no register entry connects it. */
  readonly unconnected?: true;
}

/** States in which a source has said all it holds; one that does not offer the section holds nothing of it. */
export const inFull: ReadonlySet<SourceState> = new Set(['COMPLETE', 'NOT_HELD']);

/** What one source did for one section. Every located source has one for every section asked, whatever happened. */
export interface SectionOutcome {
  readonly source: Source;
  readonly section: Section;
  /** Response key under which the section was asked for; a section may be asked for under several. */
  readonly key: string;
  readonly state: SourceState;
  readonly warnings: readonly string[];
  readonly elapsedMs: number;
  /** Ids of the policies that withheld something. */
  readonly policies: readonly string[];
  /** Items by the response key they were selected under, parallel to `keys`. */
  readonly items: ReadonlyMap<string, readonly unknown[]>;
  readonly keys: readonly Key[];
}

/** An outcome without entries. */
export function emptyOutcome(
  source: Source,
  asked: { readonly section: Section; readonly key: string },
  state: SourceState,
  more: Partial<Pick<SectionOutcome, 'warnings' | 'elapsedMs' | 'policies'>> = {},
): SectionOutcome {
  const { section, key } = asked;
  return {
    source,
    section,
    key,
    state,
    warnings: [],
    elapsedMs: 0,
    policies: [],
    ...more,
    items: new Map(),
    keys: [],
  };
}

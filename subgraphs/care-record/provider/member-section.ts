import { createHmac } from 'node:crypto';
import type { Decision } from '../../../consent-policy/policy.ts';
import type { Facts, Label, Role, Section } from '../../../consent-policy/vocabulary.ts';
import type { RegisterEntry } from '../register-entry.ts';
import { type SourceState, sourceMessages } from '../source-state.ts';
import type { EntryDraft, SectionAnswer } from './connector.ts';
import { instantOf } from './entry-order.ts';
import { type Warning, warnings } from './warnings.ts';

/** A section as the member contract answers it. */
export interface MemberSection {
  readonly items: readonly unknown[];
  readonly keys: readonly { readonly id: string; readonly order: string | null; readonly label: Label }[];
  readonly reports: readonly MemberReport[];
}

interface MemberReport {
  readonly organisation: { readonly odsCode: string; readonly name: string };
  readonly careSetting: RegisterEntry['careSetting'];
  readonly state: SourceState;
  readonly message: string;
  readonly warnings: readonly Warning[];
  readonly items: number;
  readonly elapsedMs: number;
}

/** What turns a connector's answer into the member contract's. */
export interface SectionWriter {
  readonly entry: RegisterEntry;
  /** An entry's id in the region, from its section and its id there. */
  readonly entryId: EntryId;
  readonly retrievedAt: string;
  readonly elapsedMs: () => number;
}

/** Makes an entry's id from what is unique within its organisation and section. */
export type EntryId = (section: Section, localId: string) => string;

/** Ids are opaque and stable: a keyed hash of organisation, section and local id, 128 bits. */
export function entryIds(key: string, odsCode: string): EntryId {
  return (section, localId) =>
    createHmac('sha256', key).update(`${odsCode}\n${section}\n${localId}`).digest('base64url').slice(0, 22);
}

/** A section of which nothing may be shown. */
export function withheldSection(writer: SectionWriter): MemberSection {
  return memberSection(writer, [], 'WITHHELD', []);
}

/**
 * Consent's third moment: a dissent that the record itself holds withholds all of it, then each entry is released or not by its
 * label; one decision per label, not per entry. The limit on entries counts after consent, newest first.
 */
export function releasedSection(
  writer: SectionWriter,
  section: Section,
  answer: SectionAnswer,
  decideWith: (more: Partial<Facts>) => Decision,
  role: Role,
): MemberSection {
  const dissent: Partial<Facts> = answer.dissent === 'local' ? { dissent: 'local' } : {};
  if (!decideWith(dissent).allowed) return withheldSection(writer);
  const decisions = new Map<Label, Decision>();
  const decided = ({ label }: EntryDraft) => {
    const decision = decisions.get(label) ?? decideWith({ ...dissent, label });
    decisions.set(label, decision);
    return decision;
  };
  const released = answer.entries.filter((entry) => decided(entry).allowed);
  const stated = answer.entries.filter((entry) => isStated(role, decided(entry)));
  const limit = writer.entry.limits.itemsPerSection;
  const shown = released.length > limit ? newest(released, limit) : released;
  const state = stateAfter(answer.state, stated.length, released.length > limit);
  const more = released.length > limit ? [warnings.cutAtLimit] : [];
  const identified = shown.map((entry) => ({ ...entry, id: writer.entryId(section, entry.localId) }));
  return memberSection(writer, identified, state, [...answer.warnings, ...more]);
}

/**
 * Whether the refusal of an entry is said. To the patient, and to whoever acts for them, it is not where the only reason is that
 * the entry is kept from the patient: to be told so would set them asking for it.
 */
export function isStated(role: Role, { allowed, policies }: Decision): boolean {
  const isKeptFromPatient = role === 'patient' && policies.length === 1 && policies[0] === 'not-for-patient';
  return !allowed && !isKeptFromPatient;
}

/** What is withheld is said before what is cut off, and neither hides that a source did not answer in full. */
function stateAfter(state: SourceState, withheld: number, isCut: boolean): SourceState {
  if (state !== 'COMPLETE') return state;
  if (withheld > 0) return 'PARTLY_WITHHELD';
  return isCut ? 'INCOMPLETE' : 'COMPLETE';
}

function newest(entries: readonly EntryDraft[], limit: number): readonly EntryDraft[] {
  const dated = entries.map((entry) => ({ entry, instant: instantOf(entry.order) }));
  return dated
    .sort((one, other) => (one.instant === other.instant ? 0 : one.instant > other.instant ? -1 : 1))
    .slice(0, limit)
    .map(({ entry }) => entry);
}

function memberSection(
  writer: SectionWriter,
  entries: readonly (EntryDraft & { readonly id: string })[],
  state: SourceState,
  said: readonly Warning[],
): MemberSection {
  const { entry, retrievedAt } = writer;
  const organisation = { odsCode: entry.organisation.odsCode, name: entry.organisation.name };
  return {
    items: entries.map(({ item, id }) => ({
      ...item,
      id,
      source: { ...item.source, organisation, retrievedAt },
    })),
    keys: entries.map(({ id, order, label }) => ({ id, order, label })),
    reports: [
      {
        organisation,
        careSetting: entry.careSetting,
        state,
        message: sourceMessages[state],
        warnings: said,
        items: entries.length,
        elapsedMs: writer.elapsedMs(),
      },
    ],
  };
}

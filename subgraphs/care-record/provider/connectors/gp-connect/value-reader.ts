import type { Label } from '../../../../../consent-policy/vocabulary.ts';
import { type Json, list, object, type Resource } from './json.ts';
import type { StructuredRecord } from './record.ts';
import type { SharedParts } from './shared-parts.ts';

/** A coded value in the words of `Concept` in entries.graphql. */
export interface Concept {
  readonly text: string | null;
  readonly codings: readonly {
    readonly system: string;
    readonly code: string;
    readonly display: string | null;
  }[];
}

const dateTime =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)?$/;

/** True for a FHIR date or dateTime, partial ones included. A missing time zone is let pass: suppliers leave it out. */
export function isDate(value: unknown): value is string {
  const [, year, month, day] = (typeof value === 'string' && dateTime.exec(value)) || [];
  if (year === undefined) return false;
  if (month === undefined) return true;
  if (Number(month) < 1 || Number(month) > 12) return false;
  if (day === undefined) return true;
  const last = Number(day) <= 28 ? 28 : new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(day) >= 1 && Number(day) <= last;
}

/** Reads single values of one section and counts those that are not what they should be: each costs its own field only. */
export class ValueReader {
  readonly #record: StructuredRecord;
  readonly #shared: SharedParts;
  readonly #labelOf: (resources: readonly Resource[]) => Label;
  readonly #names = new Map<Resource, string | null>();
  unreadable = 0;

  constructor(
    record: StructuredRecord,
    shared: SharedParts,
    labelOf: (resources: readonly Resource[]) => Label,
  ) {
    this.#record = record;
    this.#shared = shared;
    this.#labelOf = labelOf;
  }

  /** Another resource that an entry shows something of; null where it is labelled, or has been shown too often. */
  look(reference: unknown, from?: Resource): Resource | null {
    const found = this.#record.resolve(reference, from);
    return found && !this.#isLabelled(found) && this.#shared.allows(found) ? found : null;
  }

  /** What a reference calls its target; null where that is labelled, since the words are then the target's to withhold. */
  calledIn(reference: unknown, from?: Resource): string | null {
    const found = this.#record.resolve(reference, from);
    return found && this.#isLabelled(found) ? null : this.text(object(reference).display);
  }

  /** The entry's label does not count what it only looks at, so that nothing labelled is looked at. */
  #isLabelled(resource: Resource): boolean {
    return this.#labelOf([resource]) !== 'none';
  }

  /** Counts a value that cannot be read. */
  malformed(): null {
    this.unreadable += 1;
    return null;
  }

  text(value: unknown): string | null {
    if (value === undefined || value === null) return null;
    return typeof value === 'string' ? value.trim() || null : this.malformed();
  }

  date(value: unknown): string | null {
    if (value === undefined || value === null) return null;
    return isDate(value) ? value : this.malformed();
  }

  /** The beginning of `name`DateTime or `name`Period. */
  start(resource: Json, name: string): string | null {
    return this.date(resource[`${name}DateTime`] ?? object(resource[`${name}Period`]).start);
  }

  number(value: unknown): string | null {
    if (value === undefined || value === null) return null;
    const isSent = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
    return isSent && Number.isFinite(Number(value)) ? String(value) : this.malformed();
  }

  /** Every coding that can be told, and the source's own words: its text, else what its user picked, else a display. */
  concept(value: unknown): Concept | null {
    if (value === undefined || value === null) return null;
    const { text, coding } = object(value);
    const sent = list(coding).map(object);
    const picked = sent.find(({ userSelected }) => userSelected === true) ?? sent[0];
    const words = this.text(text) ?? this.text(picked?.display);
    const codings = sent.flatMap((one) => {
      const { system, code } = one;
      if (typeof system !== 'string' || typeof code !== 'string') return [];
      return [{ system, code, display: this.text(one.display) }];
    });
    if (codings.length < sent.length && words === null) this.malformed();
    return words === null && codings.length === 0 ? null : { text: words, codings };
  }

  /** The words of Annotations, each on a line of its own and none twice. */
  notes(...annotations: readonly unknown[]): string | null {
    const texts = annotations.flatMap(list).flatMap((note) => this.text(object(note).text) ?? []);
    return texts.length === 0 ? null : [...new Set(texts)].join('\n');
  }

  /** The name of a person referred to. An organisation's is not given: it would tell a restricted person's place. */
  person(reference: unknown): string | null {
    const named = this.look(reference);
    // A role leads to a practitioner and no further: one that leads to a role would have no end.
    const role = named?.resourceType === 'PractitionerRole' ? named : null;
    const found = role ? this.look(role.practitioner) : named;
    if (found?.resourceType === 'Practitioner') return this.#nameOf(found);
    const target = object(reference).reference;
    if (typeof target !== 'string' || !target.startsWith('Practitioner')) return null;
    return role && this.#leadsToLabelled(role) ? null : this.calledIn(reference);
  }

  #leadsToLabelled({ practitioner }: Resource): boolean {
    const found = this.#record.resolve(practitioner);
    return found !== null && this.#isLabelled(found);
  }

  #nameOf(practitioner: Resource): string | null {
    const known = this.#names.get(practitioner);
    if (known !== undefined) return known;
    const name = this.name(practitioner);
    this.#names.set(practitioner, name);
    return name;
  }

  name(resource: Resource): string | null {
    const { text, prefix, given, family } = object(list(resource.name)[0]);
    const words = [...list(prefix), ...list(given), ...list(family)].map((word) => this.text(word));
    return this.text(text) ?? (words.filter((word) => word !== null).join(' ') || null);
  }
}

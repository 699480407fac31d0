import { isCalendarDate } from '../../calendar-date.ts';
import { type Element, elements, isElement } from './resource.ts';

/** `Coding` of entries.graphql. */
export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display: string | null;
}

/** `Concept` of entries.graphql. */
export interface Concept {
  readonly text: string | null;
  readonly codings: readonly Coding[];
}

/** The regular expression of `dateTime` and `instant` in FHIR R4, 2.24.0.1. */
const dateTime =
  /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d):[0-5]\d))?)?)?$/;

/** The regular expression of `decimal` in FHIR R4, 2.24.0.1. */
const decimal = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** Reads the elements of one section's resources: a malformed one is null and noted, so that it costs its own field only. */
export class ElementReader {
  /** True once anything could not be read, or not be said in the fields of an entry. */
  unreadable = false;

  text(value: unknown): string | null {
    if (typeof value === 'string') return value === '' ? null : value;
    return this.#absent(value);
  }

  date(value: unknown): string | null {
    if (typeof value === 'string' && dateTime.test(value) && isCalendarDate(value.slice(0, 10))) return value;
    return this.#absent(value);
  }

  /** A number with the digits it was sent with: `systemHttp` gives those that JavaScript would change as text. */
  decimal(value: unknown): string | null {
    const isSent = typeof value === 'string' ? decimal.test(value) : typeof value === 'number';
    return isSent && Number.isFinite(Number(value)) ? String(value) : this.#absent(value);
  }

  /** A GraphQL `Int`. */
  integer(value: unknown): number | null {
    if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31) return value;
    return this.#absent(value);
  }

  object(value: unknown): Element {
    return isElement(value) ? value : (this.#absent(value) ?? {});
  }

  list(value: unknown): readonly Element[] {
    const found = elements(value);
    if (value !== undefined && (!Array.isArray(value) || found.length < value.length)) this.unreadable = true;
    return found;
  }

  /** The first element of a list of which an entry shows one. */
  first(value: unknown): unknown {
    return this.list(value)[0];
  }

  texts(value: unknown): readonly string[] {
    if (!Array.isArray(value)) return this.#absent(value) ?? [];
    return value.flatMap((item) => this.text(item) ?? []);
  }

  codes(concept: unknown): readonly string[] {
    return this.list(this.object(concept).coding).flatMap(({ code }) => this.text(code) ?? []);
  }

  code(concept: unknown): string | null {
    return this.codes(concept)[0] ?? null;
  }

  /** A CodeableConcept as sent; without words of its own it shows those of its first coding that has some. */
  concept(value: unknown): Concept | null {
    const { text, coding } = this.object(value);
    const sent = this.list(coding);
    const codings = sent.flatMap((one) => this.#coding(one));
    const words =
      this.text(text) ?? sent.map((one) => this.text(one.display)).find((word) => word !== null) ?? null;
    if (words === null && codings.length < sent.length) this.unreadable = true;
    return words === null && codings.length === 0 ? null : { text: words, codings };
  }

  /** A CodeableConcept's words, for a field that has no codes. */
  words(value: unknown): string | null {
    const concept = this.concept(value);
    return concept === null ? null : (concept.text ?? concept.codings[0]?.code ?? null);
  }

  /** The words of Annotations, each on a line of its own and none twice. */
  notes(...annotations: readonly unknown[]): string | null {
    const texts = annotations
      .flatMap((notes) => this.list(notes))
      .flatMap(({ text }) => this.text(text) ?? []);
    return texts.length === 0 ? null : [...new Set(texts)].join('\n');
  }

  /** What a Reference says of its target, where no more is known of it. */
  display(reference: unknown): string | null {
    return this.text(this.object(reference).display);
  }

  /** A Reference's words in the place of a CodeableConcept. */
  displayedConcept(reference: unknown): Concept | null {
    const text = this.display(reference);
    return text === null ? null : { text, codings: [] };
  }

  /** Notes where an element has values of several types, of which an entry shows one: FHIR allows one (R4, 2.1.7.4). */
  oneOf(element: Element, name: string): void {
    const choice = new RegExp(`^${name}[A-Z]`);
    if (Object.keys(element).filter((key) => choice.test(key)).length > 1) this.unreadable = true;
  }

  /** Notes something that was sent and has no place in the entry. */
  notCarried(value: unknown): null {
    if (value !== undefined) this.unreadable = true;
    return null;
  }

  /** A coding without its system has no meaning of its own (FHIR R4, Coding.system); its words are kept in the concept. */
  #coding({ system, code, display }: Element): readonly Coding[] {
    const codeSystem = this.text(system);
    const symbol = this.text(code);
    if (codeSystem === null || symbol === null) return [];
    return [{ system: codeSystem, code: symbol, display: this.text(display) }];
  }

  #absent(value: unknown): null {
    if (value !== undefined) this.unreadable = true;
    return null;
  }
}

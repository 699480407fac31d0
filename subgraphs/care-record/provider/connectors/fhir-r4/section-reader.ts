import type { EntryDraft } from '../../connector.ts';
import { type Concept, ElementReader } from './element-reader.ts';
import { labelOf } from './label.ts';
import { type Element, elements, isElement, keyOf, type Resource, type ResourceIndex } from './resource.ts';
import { SharedParts } from './shared-parts.ts';

/** Reads one section's resources together with those that they refer to. */
export class SectionReader extends ElementReader {
  /** True once a resource that an entry is made of was not given. */
  partsMissing = false;
  /** What several entries are made of. */
  readonly shared: SharedParts;
  readonly #index: ResourceIndex;
  readonly #names = new Map<Element, string | null>();
  readonly #labelled = new Map<Element, boolean>();

  constructor(found: readonly Resource[], index: ResourceIndex) {
    super();
    this.shared = new SharedParts(found);
    this.#index = index;
  }

  /** A resource that the entry is made of. */
  part(reference: Element, holder: Element): Element | null {
    const found = this.#index.find(reference, holder);
    if (found === null && reference.reference !== undefined) this.partsMissing = true;
    return found;
  }

  /**
   * Who or what is named: the reference's own words, or the name of the resource where it is at hand. Nothing where that is
   * labelled: the label of the entry does not count it.
   */
  name(reference: unknown, holder: Element): string | null {
    if (!isElement(reference)) return null;
    const named = this.#index.find(reference, holder);
    if (named !== null && this.#isLabelled(named)) return null;
    const shown = this.display(reference);
    if (shown !== null || named === null) return shown;
    const name = this.#names.has(named) ? (this.#names.get(named) ?? null) : this.#nameOf(named);
    this.#names.set(named, name);
    return this.shared.allows(named, name?.length ?? 0) ? name : null;
  }

  /** Why something was done: as coded, else in the words of the reference, but never those about a labelled resource. */
  reason(holder: Element): Concept | null {
    const coded = this.concept(this.first(holder.reasonCode));
    const text = coded === null ? this.name(elements(holder.reasonReference)[0], holder) : null;
    return text === null ? coded : { text, codings: [] };
  }

  #isLabelled(named: Element): boolean {
    const labelled = this.#labelled.get(named) ?? labelOf([named]) !== 'none';
    this.#labelled.set(named, labelled);
    return labelled;
  }

  #nameOf({ resourceType, name }: Element): string | null {
    return resourceType === 'Practitioner' ? this.#humanName(name) : this.text(name);
  }

  #humanName(names: unknown): string | null {
    const { text, prefix, given, family } = this.object(this.first(names));
    const inFull = [...this.texts(prefix), ...this.texts(given), this.text(family) ?? ''].join(' ').trim();
    return this.text(text) ?? (inFull === '' ? null : inFull);
  }
}

/** The types of resources that name people and places. */
export const namingTypes = ['Practitioner', 'Organization', 'Location'] as const;

/** The references that an entry shows the name of and that do not give it themselves. */
export function unnamed(resource: Resource): readonly Element[] {
  const { recorder, asserter, requester, informationSource, performer, author, participant, location } =
    resource;
  return [
    ...[recorder, asserter, requester, informationSource],
    ...[elements(performer)[0], elements(author)[0]],
    ...elements(participant).map(({ individual }) => individual),
    ...elements(location).map((one) => one.location),
  ]
    .filter(isElement)
    .filter(({ display }) => display === undefined);
}

/** What every entry says besides its own fields. */
export interface EntryFrame {
  /** The clinical date. */
  readonly order: string | null;
  readonly author: string | null;
  readonly recordedAt: string | null;
  /** Other resources the entry is made of; it is at least as strict as they are. */
  readonly parts?: readonly Element[];
}

/** One entry from one resource. */
export function entryOf(
  resource: Resource,
  read: ElementReader,
  frame: EntryFrame,
  fields: Readonly<Record<string, unknown>>,
): EntryDraft {
  const { order, author, recordedAt, parts = [] } = frame;
  const system = isElement(resource.meta) ? read.text(resource.meta.source) : null;
  return {
    localId: keyOf(resource),
    order,
    label: labelOf([resource, ...parts]),
    item: { source: { system, author, recordedAt }, ...fields },
  };
}

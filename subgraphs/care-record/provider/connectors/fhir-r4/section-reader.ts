import type { EntryDraft } from '../../connector.ts';
import { ElementReader } from './element-reader.ts';
import { labelOf } from './label.ts';
import { type Element, isElement, keyOf, type Resource, type ResourceIndex } from './resource.ts';

/** Reads one section's resources together with those that they refer to. */
export class SectionReader extends ElementReader {
  /** True once a resource that an entry is made of was not given. */
  partsMissing = false;
  readonly #index: ResourceIndex;

  constructor(index: ResourceIndex) {
    super();
    this.#index = index;
  }

  /** A resource that the entry is made of. */
  part(reference: Element, holder: Element): Element | null {
    const found = this.#index.find(reference, holder);
    if (found === null && reference.reference !== undefined) this.partsMissing = true;
    return found;
  }

  /** Who is named: the reference's own words, or a Practitioner's name where the resource is at hand. */
  name(reference: unknown, holder: Element): string | null {
    if (!isElement(reference)) return null;
    const shown = this.display(reference);
    return shown ?? this.#humanName(this.#index.find(reference, holder) ?? {});
  }

  #humanName({ resourceType, name }: Element): string | null {
    if (resourceType !== 'Practitioner') return null;
    const { text, prefix, given, family } = this.object(this.first(name));
    const inFull = [...this.texts(prefix), ...this.texts(given), this.text(family) ?? ''].join(' ').trim();
    return this.text(text) ?? (inFull === '' ? null : inFull);
  }
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

import { isDeepStrictEqual } from 'node:util';

/** A JSON object of FHIR whose content is not yet checked. */
export type Element = Readonly<Record<string, unknown>>;

/** A resource that can be told from others. */
export interface Resource extends Element {
  readonly resourceType: string;
  readonly id: string;
}

/** Whether a JSON value is an object. */
export function isElement(value: unknown): value is Element {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a JSON list; anything else in it, or in its place, is left out. */
export function elements(value: unknown): readonly Element[] {
  return Array.isArray(value) ? value.filter(isElement) : [];
}

/** `Type/id`, unique at one server. */
export function keyOf(resource: Resource): string {
  return `${resource.resourceType}/${resource.id}`;
}

/**
 * `Type/id` of a literal reference to a resource of the same server, or null. An absolute address counts only under
 * `base`, the address at which the server says that it keeps its resources: the same id elsewhere is another resource.
 */
export function localKey(reference: unknown, base: string | null): string | null {
  if (typeof reference !== 'string') return null;
  const relative = base !== null && reference.startsWith(base) ? reference.slice(base.length) : reference;
  return /^([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(\/_history\/.+)?$/.exec(relative)?.[1] ?? null;
}

/** Resources by `Type/id`, as one section's answers gave them. */
export class ResourceIndex {
  /** True once two that differ came under one id, so that only the first can be shown. */
  clash = false;
  readonly #byKey = new Map<unknown, Resource>();
  readonly #base: string | null;
  readonly #contained = new Map<Element, ReadonlyMap<unknown, Element>>();

  constructor(base: string | null, resources: readonly Resource[] = []) {
    this.#base = base;
    this.add(resources);
  }

  /** Those that are new: pages move while they are read, so that one may come twice. The first of a `Type/id` stays. */
  add(resources: readonly Resource[]): readonly Resource[] {
    return resources.filter((resource) => this.#isNew(this.#byKey, keyOf(resource), resource));
  }

  /** The resource that a Reference names, `#id` being contained in `holder`; null where it was not given. */
  find(reference: Element, holder: Element): Element | null {
    const literal = reference.reference;
    if (typeof literal === 'string' && literal.startsWith('#')) {
      return this.#containedIn(holder).get(literal.slice(1)) ?? null;
    }
    const key = localKey(literal, this.#base);
    return (key === null ? undefined : this.#byKey.get(key)) ?? null;
  }

  /** The `Type/id` under which a Reference's target is still to be read; null where it is here or at another server. */
  missing(reference: Element): string | null {
    const key = localKey(reference.reference, this.#base);
    return key === null || this.#byKey.has(key) ? null : key;
  }

  /** By id, since one resource may refer many times to what it contains. */
  #containedIn(holder: Element): ReadonlyMap<unknown, Element> {
    const known = this.#contained.get(holder);
    if (known !== undefined) return known;
    const contained = new Map<unknown, Element>();
    for (const part of elements(holder.contained)) this.#isNew(contained, part.id, part);
    this.#contained.set(holder, contained);
    return contained;
  }

  #isNew<T extends Element>(known: Map<unknown, T>, key: unknown, resource: T): boolean {
    const first = known.get(key);
    if (first === undefined) known.set(key, resource);
    else if (!isDeepStrictEqual(first, resource)) this.clash = true;
    return first === undefined;
  }
}

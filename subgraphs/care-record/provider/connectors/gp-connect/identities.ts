import { createHash } from 'node:crypto';
import { isResource, list, object, type Resource, referenceKey } from './json.ts';

/** Names every resource of a record once, so that each look-up after that is one step in a Map. */
export class Identities {
  /** Unique and stable within the record, e.g. `Condition/1`. */
  readonly localIds = new Map<Resource, string>();
  /** Resources sent again unchanged under the same id, with the one they repeat. */
  readonly repeated = new Map<Resource, Resource>();
  readonly #byKey = new Map<string, Resource>();
  readonly #digests = new Map<Resource, string>();
  readonly #contained = new Map<Resource, ReadonlyMap<unknown, Resource>>();

  /** False for a resource that was there before. Two under one id both stay unless they are the same. */
  add(resource: Resource, key: string): boolean {
    const known = this.#byKey.get(key);
    if (!known) return this.#name(resource, key);
    const own = this.#digestOf(resource);
    if (own !== this.#digestOf(known)) return this.#name(resource, `${key}~${own}`);
    this.repeated.set(resource, known);
    return false;
  }

  /** Lets a resource be found under a further key, where no other has it. */
  addKey(resource: Resource, key: string): void {
    if (!this.#byKey.has(key)) this.#byKey.set(key, resource);
  }

  /** What a Reference points to; `from` is needed for a contained resource. */
  resolve(reference: unknown, from: Resource | null): Resource | null {
    const key = referenceKey(reference);
    if (key === null) return null;
    const found = key.startsWith('#') ? this.contained(from, key.slice(1)) : this.#byKey.get(key);
    if (!found) return null;
    return this.localIds.has(found) ? found : (this.repeated.get(found) ?? null);
  }

  /** A contained resource by its id, which means nothing outside its container. */
  contained(container: Resource | null, id: string): Resource | null {
    if (!container) return null;
    let index = this.#contained.get(container);
    if (!index) {
      const inner = list(container.contained).filter(isResource).reverse();
      index = new Map(inner.map((one) => [one.id, one]));
      this.#contained.set(container, index);
    }
    return index.get(id) ?? null;
  }

  #name(resource: Resource, id: string): boolean {
    const same = this.#byKey.get(id);
    if (same) this.repeated.set(resource, same);
    else {
      this.#byKey.set(id, resource);
      this.localIds.set(resource, id);
    }
    return same === undefined;
  }

  /** Kept, or a large resource sent once could be repeated at little cost and be read over and over. */
  #digestOf(resource: Resource): string {
    const known = this.#digests.get(resource) ?? digest(resource);
    this.#digests.set(resource, known);
    return known;
  }
}

/** The key of a resource that is an entry of the Bundle. */
export function ownKey(resource: Resource): string {
  return `${resource.resourceType}/${typeof resource.id === 'string' ? resource.id : `~${digest(resource)}`}`;
}

/** Ended allergies come as contained resources of a List, whose ids mean nothing outside it: their identifier does. */
export function containedKey(inner: Resource): string {
  const { system, value } = object(list(inner.identifier)[0]);
  const isNamed = typeof system === 'string' && typeof value === 'string';
  return `${inner.resourceType}/#${isNamed ? `${system}|${value}` : digest(inner)}`;
}

function digest(resource: Resource): string {
  return createHash('sha256').update(JSON.stringify(resource)).digest('base64url').slice(0, 22);
}

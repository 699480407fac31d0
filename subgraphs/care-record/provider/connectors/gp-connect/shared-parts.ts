import type { Resource } from './json.ts';

/** Characters of shared parts that any section may show again. */
const floor = 1_000_000;
/** How often over, beyond that, the size of the record may be shown again. */
const timesOver = 4;

/**
 * Bounds what a section shows in more than one entry: reports that all refer to one large group of results would otherwise
 * grow to the product of both. What is shown for the first time is free, so that the bound costs no ordinary entry.
 */
export class SharedParts {
  /** True once something was asked for that had been shown too often: the work on the section stops. */
  tooEntangled = false;
  readonly #resources: readonly Resource[];
  readonly #seen = new Set<Resource>();
  readonly #sizes = new Map<Resource, number>();
  #left: number | undefined;

  constructor(resources: readonly Resource[]) {
    this.#resources = resources;
  }

  /** Whether a resource may go into one more entry. */
  allows(resource: Resource): boolean {
    if (!this.#seen.has(resource)) {
      this.#seen.add(resource);
      return !this.tooEntangled;
    }
    this.#left ??= floor + timesOver * this.#resources.reduce((sum, one) => sum + this.#sizeOf(one), 0);
    this.#left -= this.#sizeOf(resource);
    if (this.#left < 0) this.tooEntangled = true;
    return !this.tooEntangled;
  }

  #sizeOf(resource: Resource): number {
    const size = this.#sizes.get(resource) ?? JSON.stringify(resource).length;
    this.#sizes.set(resource, size);
    return size;
  }
}

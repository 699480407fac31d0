import type { Element } from './resource.ts';

/** Characters of shared parts that any section may show again. */
const floor = 1_000_000;
/** What an object counts for besides its characters: an empty one, too, becomes an entry's member with all its fields. */
const perObject = 100;
/** How often over, beyond that, the size of what was found may be shown again. */
const timesOver = 4;

/**
 * Bounds what a section may show in more than one entry: a few reports that all refer to one large group of results would
 * otherwise grow to the product of both. Whatever is shown for the first time is free, so that the bound costs no entry.
 */
export class SharedParts {
  /** True once something was left out of an entry since it had been shown too often. */
  tooEntangled = false;
  readonly #found: readonly Element[];
  readonly #costs = new Map<Element, number | null>();
  #left: number | undefined;

  constructor(found: readonly Element[]) {
    this.#found = found;
  }

  /** Whether a part may go into one more entry; `size` is of what the entry shows of it, in characters. */
  allows(part: Element, size?: number): boolean {
    const known = this.#costs.get(part);
    if (known === undefined) {
      this.#costs.set(part, size ?? null);
      return true;
    }
    const cost = known ?? costOf(part);
    this.#costs.set(part, cost);
    this.#left ??= floor + timesOver * this.#found.reduce((sum, one) => sum + charactersOf(one), 0);
    const allowed = cost <= this.#left;
    if (allowed) this.#left -= cost;
    else this.tooEntangled = true;
    return allowed;
  }
}

function costOf(part: Element): number {
  const json = JSON.stringify(part);
  return json.length + perObject * json.split('{').length;
}

function charactersOf(element: Element): number {
  return JSON.stringify(element).length;
}

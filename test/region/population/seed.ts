/** Numbers in [0, 1) that depend on the words of `key` alone: a person keeps their data when others are added. */
export function seeded(key: string): () => number {
  let state = 0x5071;
  for (const letter of key) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193);
  return () => mulberry32(state++);
}

/** One of `choices`, by the next number. */
export function pick<T>(next: () => number, choices: readonly [T, ...T[]]): T {
  return choices[Math.floor(next() * choices.length)] ?? choices[0];
}

/** A whole number between `low` and `high`, both included. */
export function between(next: () => number, low: number, high: number): number {
  return low + Math.floor(next() * (high - low + 1));
}

const marks = ['osprey', 'plover', 'curlew', 'dunlin', 'fulmar', 'gannet', 'linnet', 'siskin'] as const;

/** A calendar day `days` after `from`, both `YYYY-MM-DD`. */
export function dayAfter(from: string, days: number): string {
  return new Date(Date.parse(from) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Words that occur nowhere else, e.g. `osprey-4821`: what a test looks for where a text must not be. */
export function mark(next: () => number): string {
  return `${pick(next, marks)}-${between(next, 1000, 9999)}`;
}

function mulberry32(state: number): number {
  let mixed = Math.imul(state, 0x6d2b79f5);
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}

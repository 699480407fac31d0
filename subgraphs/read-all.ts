/** Several things that a start needs cannot be read; the message is that of each. */
export class StartFault extends Error {
  readonly code = 'START_REFUSED';

  constructor(causes: readonly unknown[]) {
    super(causes.map(messageOf).join('\n'), { cause: causes });
    this.name = 'StartFault';
  }
}

/** Reads everything that a start needs, or throws what went wrong with all of it, so that it can be mended in one go. */
export function readAll<T extends readonly unknown[]>(...reads: { readonly [K in keyof T]: () => T[K] }): T {
  const results = reads.map(attempt);
  const causes = results.flatMap((result) => ('cause' in result ? [result.cause] : []));
  if (causes.length === 1) throw causes[0];
  if (causes.length > 1) throw new StartFault(causes);
  return results.map((result) => ('value' in result ? result.value : undefined)) as unknown as T;
}

function attempt(read: () => unknown): { readonly value: unknown } | { readonly cause: unknown } {
  try {
    return { value: read() };
  } catch (cause) {
    return { cause };
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

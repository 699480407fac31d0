/** What a log may say of a failure: an error's message may quote a record; its name, its code and where it was thrown do not. */
export function failureOf(cause: unknown): Readonly<Record<string, unknown>> {
  if (!(cause instanceof Error)) return { name: typeof cause };
  const frames = cause.stack?.split('\n').filter((line) => line.startsWith('    at '));
  return { name: cause.name, code: Reflect.get(cause, 'code'), frames: frames?.slice(0, 5) };
}

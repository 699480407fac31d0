interface App {
  listen(options: { readonly port: number; readonly host: string }): Promise<string>;
}

/** The port from the environment; 0 means any free one. */
export function portFromEnvironment(): number {
  return Number(process.env.PORT ?? '0');
}

/**
 * Listens on 127.0.0.1, prints the ready line that the parent process waits for, and ends on a signal. Nothing is kept,
 * so there is nothing to finish first.
 */
export async function serve(app: App, port: number = portFromEnvironment()): Promise<string> {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
  const address = await app.listen({ port, host: '127.0.0.1' });
  process.stdout.write(`ready ${address}\n`);
  return address;
}

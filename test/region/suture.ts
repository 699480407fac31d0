import { pdsBasePath } from './pds/service.ts';
import { pointersBasePath } from './pointers/service.ts';
import { ProgramNotStarted, type RunningProgram, startProgram } from './processes.ts';
import type { Region } from './region.ts';

export interface SutureOptions {
  readonly region: Region;
  /** The folder that the region has written its facts into. */
  readonly dataDir: string;
  readonly ports: { readonly gateway: number; readonly providers: number };
  readonly env?: Readonly<Record<string, string>>;
  /** Told every line of the gateway's and the provider subgraphs' logs. */
  readonly onLine?: (line: string) => void;
}

/** Suture in front of the region: the gateway and the provider subgraphs, as production runs them. */
export interface Suture {
  readonly address: string;
  readonly providersAddress: string;
  /** Resolves when one of the two has ended by itself. */
  readonly ended: Promise<unknown>;
  kill(program: 'gateway' | 'providers'): Promise<void>;
  /** Asks both to end; resolves with how they did (0 by themselves, null by a signal). */
  stop(): Promise<readonly unknown[]>;
}

/** A key for entry ids that anybody can read here: for the invented region only. */
const demoEntryIdKey = 'demo-only-key-for-entry-ids-0123456789';

/** Starts both programs of Suture. */
export async function startSuture(options: SutureOptions): Promise<Suture> {
  const { gateway: port, providers: providersPort } = options.ports;
  const onLine = options.onLine ?? (() => undefined);
  const publicUrl = `http://127.0.0.1:${port}`;
  const providersUrl = `http://127.0.0.1:${providersPort}`;
  const shared = { DATA_DIR: options.dataDir, PUBLIC_URL: publicUrl, ...options.env };
  const file = (path: string) => new URL(`../../${path}`, import.meta.url);
  const { issuer, pds, pointers } = options.region.addresses;
  const started = await Promise.allSettled([
    startProgram({
      name: 'the provider subgraphs',
      file: file('subgraphs/care-record/provider/main.ts'),
      port: providersPort,
      env: { ...shared, ENTRY_ID_KEY: demoEntryIdKey },
      onLine,
    }),
    startProgram({
      name: 'the gateway',
      file: file('gateway/main.ts'),
      port,
      env: {
        ...shared,
        ISSUER_URL: issuer,
        PDS_URL: `${pds}${pdsBasePath}`,
        POINTERS_URL: `${pointers}${pointersBasePath}`,
        PROVIDER_SUBGRAPHS_URL: providersUrl,
      },
      onLine,
    }),
  ]);
  const [providers, gateway] = await allOrNone(started);
  return {
    address: publicUrl,
    providersAddress: providersUrl,
    ended: Promise.race([providers.ended, gateway.ended]),
    kill: (program) => (program === 'gateway' ? gateway : providers).kill(),
    stop: async () => {
      await Promise.all([gateway.stop(), providers.stop()]);
      return Promise.all([gateway.ended, providers.ended]);
    },
  };
}

async function allOrNone(
  started: readonly PromiseSettledResult<RunningProgram>[],
): Promise<readonly [RunningProgram, RunningProgram]> {
  const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const [first, second] = running;
  if (first && second) return [first, second];
  await Promise.all(running.map((program) => program.stop()));
  const failures = started.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  throw new ProgramNotStarted(failures.map(({ message }) => message).join('\n'));
}

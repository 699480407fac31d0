import { statSync } from 'node:fs';
import { loadPolicy } from '../../consent-policy/policy.ts';
import { readDataFolder } from '../../gateway/data-folder.ts';
import { readHostRegister } from '../../subgraphs/care-record/provider/host-config.ts';
import { readAll } from '../../subgraphs/read-all.ts';
import { fixedPorts, writeRegionData } from './region.ts';

/** Where `npm start` serves, and from which data. */
export interface StartSettings {
  readonly dataDir: string;
  readonly ports: { readonly gateway: number; readonly providers: number };
}

/** `npm start` is told something that it cannot do. */
export class StartRefused extends Error {
  readonly code = 'START_REFUSED';
}

const providersPort = 4150;

/** Reads the settings of `npm start`, or throws a `StartRefused`; an empty value counts as unset. */
export function readStartSettings(environment: NodeJS.ProcessEnv): StartSettings {
  const dataDir = environment.DATA_DIR || 'data';
  return { dataDir, ports: { gateway: gatewayPort(environment.PORT || '4000'), providers: providersPort } };
}

function gatewayPort(written: string): number {
  const port = /^\d{1,5}$/.test(written) ? Number(written) : 0;
  if (port < 1 || port > 65_535)
    throw new StartRefused(`PORT is \`${written}\`: expected a whole number from 1 to 65535`);
  if ([providersPort, ...fixedPorts].includes(port))
    throw new StartRefused(
      `PORT is ${port}, which the region itself listens on: choose one outside 4100–4199`,
    );
  return port;
}

/**
 * Writes what the region's gateway must know into the data folder, then reads everything there and the policy as both
 * programs will, so that all that is wrong is said within a moment and before anything runs.
 */
export async function requireUsableData(dataDir: string): Promise<void> {
  await writeRegionData(dataDir).catch((cause) => {
    throw new StartRefused(unwritable(dataDir, cause), { cause });
  });
  readAll(
    () => readHostRegister({ ...process.env, DATA_DIR: dataDir }),
    () => readDataFolder(dataDir),
    () => loadPolicy(),
  );
}

function unwritable(dataDir: string, cause: unknown): string {
  const isFile = statSync(dataDir, { throwIfNoEntry: false })?.isFile() ?? false;
  if (isFile) return `DATA_DIR is \`${dataDir}\`, which is a file: expected a folder`;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return `DATA_DIR is \`${dataDir}\`, where nothing can be written (${code}): expected a folder that can be`;
}

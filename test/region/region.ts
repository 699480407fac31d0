import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { requestToken } from './issuer/request-token.ts';
import { preferences, relationships } from './population/facts.ts';
import { ProgramNotStarted, type RunningProgram, startProgram } from './processes.ts';

/** The region's systems: the program of each, and its port under `npm start`. */
const systems = {
  issuer: { name: 'the issuer', program: 'issuer', port: 4100 },
  pds: { name: 'the demographics service', program: 'pds', port: 4101 },
  pointers: { name: 'the pointer service', program: 'pointers', port: 4102 },
  gpSystem: { name: 'the GP system', program: 'gp-system', port: 4110 },
  northgate: { name: 'the system of Northgate General Hospital', program: 'northgate-hospital', port: 4120 },
  eastfield: { name: 'the system of Eastfield Infirmary', program: 'eastfield-infirmary', port: 4121 },
  council: { name: 'the council’s case system', program: 'council', port: 4130 },
} as const;
export type SystemName = keyof typeof systems;
export const systemNames = Object.keys(systems) as readonly SystemName[];
/** Every system's port under `npm start`. */
export const fixedPorts: readonly number[] = Object.values(systems).map(({ port }) => port);

/** Origins, without the base paths, e.g. `http://127.0.0.1:4101`. */
export type Addresses = Readonly<Record<SystemName, string>>;

export interface RegionOptions {
  /** `fixed` are those of `npm start`, `free` are any, for tests that run side by side. */
  readonly ports: 'fixed' | 'free';
  /** Where the register entries and the region's facts are written for the gateway to read. */
  readonly dataDir: string;
}

/** The region while it runs. */
export interface Region {
  readonly addresses: Addresses;
  token(persona: string): Promise<string>;
  /** Ends one system at once, as a crash would. */
  kill(system: SystemName): Promise<void>;
  stop(): Promise<void>;
}

/** Starts every system of the invented region, and writes what the gateway must be told of it into `dataDir`. */
export async function startRegion({ ports, dataDir }: RegionOptions): Promise<Region> {
  const programs = await startSystems(ports);
  const addresses = eachSystem((name) => programs[name].address);
  const stop = async () => {
    await Promise.all(systemNames.map((name) => programs[name].stop()));
  };
  try {
    await writeData(dataDir, addresses, ports);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    addresses,
    token: (persona) => requestToken(addresses.issuer, persona),
    kill: (system) => programs[system].kill(),
    stop,
  };
}

async function startSystems(ports: RegionOptions['ports']): Promise<Record<SystemName, RunningProgram>> {
  const results = await Promise.allSettled(
    systemNames.map((system) => {
      const { name, program, port } = systems[system];
      const file = new URL(`systems/${program}.ts`, import.meta.url);
      return startProgram({ name, file, port: ports === 'fixed' ? port : 0 });
    }),
  );
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.length > 0) {
    await Promise.all(started.map((program) => program.stop()));
    throw new ProgramNotStarted(failures.map(({ message }) => message).join('\n'));
  }
  return eachSystem((_name, index) => started[index] as RunningProgram);
}

function eachSystem<T>(value: (name: SystemName, index: number) => T): Record<SystemName, T> {
  const pairs = systemNames.map((name, index) => [name, value(name, index)] as const);
  return Object.fromEntries(pairs) as Record<SystemName, T>;
}

/** Where the systems are under `npm start`. */
export const fixedAddresses: Addresses = eachSystem((name) => `http://127.0.0.1:${systems[name].port}`);

/** Writes what the gateway must be told of a region that runs at the fixed addresses; what is there stays. */
export async function writeRegionData(dataDir: string): Promise<void> {
  await writeData(dataDir, fixedAddresses, 'fixed');
}

/** With fixed ports the folder is the user's, who may have edited a file: what is there stays. */
async function writeData(
  dataDir: string,
  addresses: Addresses,
  ports: RegionOptions['ports'],
): Promise<void> {
  const files = [...(await providerFiles(addresses)), ...(await factFiles())];
  await mkdir(join(dataDir, 'providers'), { recursive: true });
  const flag = ports === 'fixed' ? 'wx' : 'w';
  await Promise.all(
    files.map(async ([path, text]) => {
      await writeFile(join(dataDir, path), text, { flag }).catch((error) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }),
  );
}

async function providerFiles(addresses: Addresses): Promise<[path: string, text: string][]> {
  const folder = new URL('providers/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      return [join('providers', name), withAddresses(text, addresses)] satisfies [string, string];
    }),
  );
}

/** Puts the actual addresses where a register entry has those of `npm start`. */
function withAddresses(text: string, addresses: Addresses): string {
  return systemNames.reduce(
    (result, name) => result.replaceAll(`http://127.0.0.1:${systems[name].port}/`, `${addresses[name]}/`),
    text,
  );
}

async function factFiles(): Promise<[path: string, text: string][]> {
  return [
    ['membership.yaml', await readFile(new URL('membership.yaml', import.meta.url), 'utf8')],
    ['relationships.yaml', stringify(relationships())],
    ['preferences.yaml', stringify(preferences())],
  ];
}

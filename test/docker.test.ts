import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { readConfig } from '../gateway/config.ts';
import { readHostConfig } from '../subgraphs/care-record/provider/host-config.ts';
import { readRegisterFiles } from '../subgraphs/care-record/register-files.ts';
import { freePort } from './region/ports.ts';
import { fixedAddresses, systemNames } from './region/region.ts';

// No container is started here: both files are read and held against the repository, and what they run is run without one.

const top = fileURLToPath(new URL('..', import.meta.url));
const text = (path: string) => readFileSync(join(top, path), 'utf8');
const packageJson = z
  .object({ version: z.string(), dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(text('package.json')));

// ── Dockerfile ──

interface Instruction {
  readonly stage: string;
  readonly word: string;
  readonly rest: string;
}

function readDockerfile(): readonly Instruction[] {
  const lines = text('docker/Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  let stage = '';
  return lines.map((line) => {
    const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    if (word === 'FROM') stage = / AS (\w+)$/.exec(rest)?.[1] ?? '';
    return { stage, word, rest };
  });
}

const dockerfile = readDockerfile();
const stages = ['region', 'product'] as const;
const isOf = (stage: string) => (each: Instruction) => each.stage === stage || each.stage === 'base';
const all = (stage: string, word: string) =>
  dockerfile.filter(isOf(stage)).flatMap((each) => (each.word === word ? [each.rest] : []));
const last = (stage: string, word: string) => all(stage, word).at(-1) ?? '';
const copied = (stage: string) => all(stage, 'COPY').flatMap((rest) => rest.split(/\s+/).slice(0, -1));
const imageEnvironment = (stage: string) =>
  Object.fromEntries(
    all(stage, 'ENV').flatMap((rest) => rest.split(/\s+/).map((pair) => pair.split('=') as [string, string])),
  );
const commandOf = (rest: string): string[] => JSON.parse(rest.slice(rest.indexOf('[')));
const holds = (stage: string, path: string) =>
  copied(stage).some((source) => path === source || path.startsWith(`${source}/`));

// ── compose ──

const service = z.object({
  image: z.string(),
  pull_policy: z.enum(['build', 'never']),
  build: z.object({ context: z.string(), dockerfile: z.string(), target: z.enum(stages) }).optional(),
  command: z.array(z.string()),
  environment: z.record(z.string(), z.coerce.string()).default({}),
  network_mode: z.string().optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.unknown()).default({}),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
});
const compose = z
  .object({ services: z.record(z.string(), service) })
  .parse(parse(text('docker/compose.yaml'), { merge: true }));
const services = Object.entries(compose.services);
const named = (name: string) => service.parse(compose.services[name]);
const stageOf = ({ image }: z.infer<typeof service>) => (image.startsWith('suture:') ? 'product' : 'region');
const programOf = ({ command }: z.infer<typeof service>) => command[1] ?? '';
/** What a service's program finds in its environment, with compose's `${NAME:-default}` resolved to the default. */
const environmentOf = (name: string): Record<string, string> => ({
  ...imageEnvironment(stageOf(named(name))),
  ...Object.fromEntries(
    Object.entries(named(name).environment).map(([key, value]) => [
      key,
      value.replace(/^\$\{\w+:-(.*)\}$/, '$1'),
    ]),
  ),
});

// ── programs ──

const children: ChildProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), 'suture-docker-'));
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run([, ...args]: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, args, { cwd: top, env, stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  return child;
}

async function ready(child: ChildProcess): Promise<void> {
  if (child.stdout) await once(createInterface({ input: child.stdout }), 'line');
}

const exitCode = async (child: ChildProcess): Promise<unknown> => (await once(child, 'exit'))[0];

// ── what must hold ──

test('the image runs the Node that the project pins', () => {
  const [major, minor] = packageJson.dependencies.node?.split('.') ?? [];
  expect(dockerfile[0]?.rest).toBe(`node:${major}.${minor}-bookworm-slim AS base`);
});

test('no image is `latest`, and ours carry the version', () => {
  expect(text('docker/Dockerfile') + text('docker/compose.yaml')).not.toMatch(/:latest\b/);
  const tags = services.map(([, { image }]) => image.split(':')[1]);
  expect(new Set(tags)).toEqual(new Set([packageJson.version]));
  const built = services.flatMap(([, { image, build }]) => (build ? [image] : []));
  expect(built.toSorted()).toEqual([...new Set(services.map(([, { image }]) => image))].toSorted());
});

test.each(stages)('all that the %s image copies exists and is let through', (stage) => {
  const allowed = text('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'));
  for (const source of copied(stage)) {
    expect(existsSync(join(top, source)), source).toBe(true);
    expect(allowed).toContain(`!${source}`);
  }
});

test.each(stages)('the %s image holds every file that its programs import', (stage) => {
  const folders = copied(stage).filter((source) => statSync(join(top, source)).isDirectory());
  const files = folders.flatMap((each) => globSync(`${each}/**/*.ts`, { cwd: top }));
  const wanted = files.flatMap((file) =>
    [...text(file).matchAll(/(?:from|import) '(\.[^']+)'/g)].map(([, path = '']) =>
      relative(top, resolve(top, dirname(file), path)),
    ),
  );
  expect(wanted.filter((path) => !holds(stage, path))).toEqual([]);
});

test('the product imports no package that only development installs', () => {
  const files = copied('product').flatMap((each) => globSync(`${each}/**/*.ts`, { cwd: top }));
  const packages = files.flatMap((file) =>
    [...text(file).matchAll(/^(?:import|export|\}).* from '([^.'][^']*)'/gm)].map(
      ([, name = '']) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? '',
    ),
  );
  const known = new Set([...Object.keys(packageJson.dependencies), ...builtinModules]);
  expect(packages.filter((name) => !name.startsWith('node:') && !known.has(name))).toEqual([]);
});

test('every image and every container is confined and unprivileged', () => {
  for (const stage of stages) expect(last(stage, 'USER')).toBe('node');
  expect(last('product', 'RUN')).toBe('npm ci --omit=dev --ignore-scripts');
  for (const [, { volumes, ports }] of services) {
    for (const volume of volumes) expect(volume).toMatch(/^data:\/data(:ro)?$/);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

test('every command is a program that its image holds', () => {
  const commands = [
    ...stages.map((stage) => ({ stage, command: commandOf(last(stage, 'CMD')) })),
    ...services.map(([, each]) => ({ stage: stageOf(each), command: each.command })),
  ];
  for (const { stage, command } of commands) {
    expect(command).toEqual(['node', expect.stringMatching(/\.ts$/)]);
    expect(existsSync(join(top, command[1] ?? '')), command[1]).toBe(true);
    expect(holds(stage, command[1] ?? ''), command[1]).toBe(true);
  }
});

test('only settings that the programs read are set', () => {
  const gateway = readConfig(environmentOf('gateway'));
  const host = readHostConfig(environmentOf('provider-subgraphs'));
  const region = globSync('test/region/**/*.ts', { cwd: top }).flatMap((file) =>
    [...text(file).matchAll(/process\.env\.([A-Z_]+)/g)].map(([, name = '']) => name),
  );
  // Libraries read NODE_ENV.
  const common = ['NODE_ENV', 'DATA_DIR'];
  const known: Readonly<Record<string, readonly string[]>> = {
    gateway: [...common, ...Object.keys(gateway.config), ...Object.keys(gateway.secrets)],
    'provider-subgraphs': [...common, ...Object.keys(host.config), 'ENTRY_ID_KEY'],
  };
  for (const [name] of services) {
    const unknown = Object.keys(environmentOf(name)).filter(
      (key) => !(known[name] ?? [...common, ...region]).includes(key),
    );
    expect(unknown, name).toEqual([]);
  }
});

test('every program listens where the others ask for it', () => {
  const { config } = readConfig(environmentOf('gateway'));
  const host = readHostConfig(environmentOf('provider-subgraphs')).config;
  expect(new URL(config.PROVIDER_SUBGRAPHS_URL).port).toBe(String(host.PORT));
  expect(host.PUBLIC_URL).toBe(config.PUBLIC_URL);
  expect(new URL(config.PUBLIC_URL).port).toBe(String(config.PORT));
  expect(named('gateway').ports).toEqual([`127.0.0.1:${config.PORT}:${config.PORT}`]);
  expect(config.ISSUER_URL).toBe(fixedAddresses.issuer);
  expect(new URL(config.PDS_URL).origin).toBe(fixedAddresses.pds);
  expect(new URL(config.POINTERS_URL).origin).toBe(fixedAddresses.pointers);
  expect(imageEnvironment('product').PORT).toBe(String(config.PORT));
  expect(all('product', 'EXPOSE')).toEqual([String(config.PORT)]);
});

test('every system of the region runs, on its port of `npm start`', () => {
  const systems = services.filter(([, each]) => programOf(each).startsWith('test/region/systems/'));
  const ports = systems.map(([, { environment }]) => `http://127.0.0.1:${environment.PORT}`);
  expect(ports.toSorted()).toEqual(systemNames.map((name) => fixedAddresses[name]).toSorted());
  const programs = systems.map(([, each]) => programOf(each)).toSorted();
  expect(programs).toEqual(globSync('test/region/systems/*.ts', { cwd: top }).toSorted());
});

test('all programs talk over one loopback, and the gateway alone is published', () => {
  for (const [name, { network_mode: network, ports }] of services) {
    if (name === 'gateway') continue;
    expect(network).toBe(name === 'region-data' ? 'none' : 'service:gateway');
    expect(ports).toEqual([]);
    expect(environmentOf(name).HOST ?? '127.0.0.1').toBe('127.0.0.1');
  }
});

test('the key of entry ids can be set, and is else marked as demo', () => {
  const { ENTRY_ID_KEY } = named('provider-subgraphs').environment;
  expect(ENTRY_ID_KEY).toMatch(/^\$\{ENTRY_ID_KEY:-demo-only-/);
  expect(JSON.stringify(dockerfile)).not.toContain('ENTRY_ID_KEY');
});

test('the region’s data is written once, for the ports of `npm start`', async () => {
  const env = { DATA_DIR: join(folder, 'region') };
  expect(named('gateway').depends_on).toHaveProperty('region-data');
  expect(await exitCode(run(named('region-data').command, env))).toBe(0);
  expect(await exitCode(run(named('region-data').command, env))).toBe(0);
  const origins = readRegisterFiles(env.DATA_DIR).map(({ system }) => new URL(system?.baseUrl ?? '').origin);
  expect(origins).toHaveLength(5);
  for (const origin of origins) expect(Object.values(fixedAddresses)).toContain(origin);
});

test.each(['gateway', 'provider-subgraphs', 'council'])(
  'the health check of %s sees it run',
  async (name) => {
    const env = {
      ...environmentOf(name),
      DATA_DIR: folder,
      PORT: String(await freePort()),
      LOG_LEVEL: 'silent',
    };
    const check = () => exitCode(run(commandOf(last(stageOf(named(name)), 'HEALTHCHECK')), env));
    expect(await check()).toBe(1);
    const program = run(named(name).command, env);
    await ready(program);
    expect(await check()).toBe(0);
  },
);

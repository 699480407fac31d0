import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blocks } from './readme.ts';
import { personIn } from './region/population/find.ts';
import { isFreePort } from './region/ports.ts';
import { fixedPorts } from './region/region.ts';

// `npm start`, word for word, on its own ports; skipped where somebody already listens on them.

/** The README's commands, but for the two that install and start or test, and the one that runs tests. */
const commands = blocks('sh').filter((command) => !/npm ci|vitest/.test(command));
const ports = [4000, 4150, ...fixedPorts];
const areFree = async () => (await Promise.all(ports.map(isFreePort))).every(Boolean);

describe.skipIf(!(await areFree()))('npm start (skipped: a port of 4000 or 4100–4199 is in use)', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'suture-start-'));
  });
  afterEach(async () => {
    for (const { interrupt, ended } of running.splice(0)) {
      interrupt();
      await ended;
    }
    await rm(dataDir, { recursive: true, force: true });
  });

  test('prints where to look, who can ask, a query and its answer, and ends cleanly', async () => {
    const started = run(dataDir);
    const shown = await started.until('Ctrl-C ends everything.');
    expect(shown).toContain('Playground   http://127.0.0.1:4000/');
    expect(shown).toContain('npm run --silent token -- gp');
    expect(shown).toMatch(/receptionist +receptionist of Riverside Surgery/);
    expect(shown).toContain('query Record($nhsNumber: NHSNumber!)');
    expect(shown).toContain(personIn('complete').nhsNumber);
    expect(shown).toMatch(/│ Riverside Surgery +│ \d+ +│/);
    expect(shown).toMatch(/│ complete +│ yes +│/);
    expect(shown).toContain('Withheld or missing: nothing');

    expect((await fetch('http://127.0.0.1:4000/health')).status).toBe(200);
    expect(await (await fetch('http://127.0.0.1:4000/ready')).json()).toEqual({ ready: true, missing: [] });
    const token = await output('npm run --silent token -- gp');
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(await output('npm run --silent patients')).toMatch(/^(999\d{7}\t[a-z-]+\n)+$/);

    // Every command of the README, as it stands there.
    const [firstQuery = '', ...more] = commands;
    const [shownAnswer = ''] = blocks('json');
    const answer = JSON.parse(await output(firstQuery));
    answer.extensions.correlationId = '…';
    expect(answer).toEqual(JSON.parse(shownAnswer));
    for (const command of more) expect(await output(command), command).not.toBe('');

    started.interrupt();
    // npm ends by the signal it got; an error would be 1.
    expect([0, null, 130]).toContain(await started.ended);
    expect(started.shown()).not.toMatch(/npm error| {4}at /);
    expect(await areFree()).toBe(true);
  });

  test.each([4101, 4000])('says that port %i is in use and starts nothing', async (port) => {
    const occupant = await listenOn(port);
    const started = run(dataDir);
    expect(await started.ended).toBe(1);
    expect(started.shown()).toMatch(new RegExp(`port ${port} is in use`));
    expect(started.shown()).not.toContain('    at ');
    await new Promise((resolve) => occupant.close(resolve));
    expect(await areFree()).toBe(true);
  });
});

/** What a test has started, ended after it however it went. */
const running: { readonly interrupt: () => void; readonly ended: Promise<unknown> }[] = [];

function run(dataDir: string) {
  const child = spawn('npm', ['start'], { env: { ...process.env, DATA_DIR: dataDir }, detached: true });
  let shown = '';
  const listeners: (() => void)[] = [];
  const hear = (text: Buffer) => {
    shown += text;
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const started = {
    shown: () => shown,
    ended: new Promise<number | null>((resolve) => child.once('close', resolve)),
    until: (words: string) =>
      new Promise<string>((resolve, reject) => {
        listeners.push(() => shown.includes(words) && resolve(shown));
        child.once('close', () => reject(new Error(`ended early: ${shown}`)));
      }),
    interrupt: () => interrupt(child),
  };
  running.push(started);
  return started;
}

/** What Ctrl-C does in a terminal: every process of the group is interrupted. */
function interrupt({ pid, exitCode, signalCode }: ChildProcess): void {
  const isRunning = exitCode === null && signalCode === null;
  if (pid !== undefined && isRunning) process.kill(-pid, 'SIGINT');
}

/** What a command prints, run as a shell would; a command that fails fails the test. */
function output(command: string): Promise<string> {
  const child = spawn('bash', ['-euc', command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${command} ended with ${code}`)),
    );
  });
}

function listenOn(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { personIn } from './region/population/find.ts';
import { isFreePort } from './region/ports.ts';
import { fixedPorts } from './region/region.ts';

// `npm start`, word for word, on its own ports; skipped where somebody already listens on them.

const ports = [4000, 4150, ...fixedPorts];
const areFree = async () => (await Promise.all(ports.map(isFreePort))).every(Boolean);

describe.skipIf(!(await areFree()))('npm start (skipped: a port of 4000 or 4100–4199 is in use)', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'suture-start-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

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
    const token = await output('npm', ['run', '--silent', 'token', '--', 'gp']);
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(await output('npm', ['run', '--silent', 'patients'])).toMatch(/^(999\d{7}\t[a-z-]+\n)+$/);

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
  return {
    shown: () => shown,
    ended: new Promise<number | null>((resolve) => child.once('close', resolve)),
    until: (words: string) =>
      new Promise<string>((resolve, reject) => {
        listeners.push(() => shown.includes(words) && resolve(shown));
        child.once('close', () => reject(new Error(`ended early: ${shown}`)));
      }),
    interrupt: () => interrupt(child),
  };
}

/** What Ctrl-C does in a terminal: every process of the group is interrupted. */
function interrupt({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGINT');
}

function output(command: string, words: readonly string[]): Promise<string> {
  const child = spawn(command, words);
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  return new Promise((resolve) => child.once('close', () => resolve(text)));
}

function listenOn(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

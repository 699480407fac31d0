import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What to run: a program that prints `ready <address>` once it can answer. */
export interface ProgramOptions {
  /** What it is to people, e.g. `the gateway`; by default its file's name. */
  readonly name?: string;
  /** The program's file. */
  readonly file: URL;
  /** Where it shall listen; 0 means any free port. */
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly startTimeoutMs?: number;
  /** Told every line that the program prints after the ready line. */
  readonly onLine?: (line: string) => void;
}

/** A program that runs and has said that it is ready. */
export interface RunningProgram {
  readonly address: string;
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
  /** Asks it to end (SIGTERM), then insists (SIGKILL). */
  stop(graceMs?: number): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

/** A program ended, or said nothing, before it was ready. */
export class ProgramNotStarted extends Error {
  readonly code = 'PROGRAM_NOT_STARTED';
}

const orphanWatch = new URL('orphan.ts', import.meta.url).href;
const keptErrorCharacters = 4000;

/** Runs a program in a Node process of its own, and waits until it is ready; the process never outlives this one. */
export async function startProgram(options: ProgramOptions): Promise<RunningProgram> {
  const child = spawn(process.execPath, ['--import', orphanWatch, fileURLToPath(options.file)], {
    env: { ...process.env, ...options.env, PORT: String(options.port) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  const errors = keepErrors(child);
  try {
    const address = await readiness(child, options);
    child.stderr?.on('data', (text: string) => process.stderr.write(text));
    return running(child, address, ended);
  } catch (cause) {
    child.kill('SIGKILL');
    await ended;
    throw new ProgramNotStarted(explanation(options, errors(), cause), { cause });
  }
}

/** The address in the ready line; rejects when the child ends or the time is up first. */
function readiness(child: ChildProcess, options: ProgramOptions): Promise<string> {
  const timeoutMs = options.startTimeoutMs ?? 20_000;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(`not ready after ${timeoutMs} ms`), timeoutMs);
  child.once('error', (error) => reject(error.message));
  child.once('close', (code, signal) => reject(`ended with ${signal ?? `code ${code}`}`));
  onLines(child, (line) => {
    const address = /^ready (\S+)$/.exec(line)?.[1];
    if (address === undefined) options.onLine?.(line);
    else resolve(address);
  });
  return promise.finally(() => clearTimeout(timer));
}

function onLines(child: ChildProcess, onLine: (line: string) => void): void {
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', onLine);
}

/** Keeps the end of what the child complains of. */
function keepErrors(child: ChildProcess): () => string {
  let kept = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-keptErrorCharacters);
  });
  return () => kept;
}

function explanation({ name, file, port }: ProgramOptions, errors: string, cause: unknown): string {
  const program = name ?? `\`${basename(file.pathname, '.ts')}\``;
  if (errors.includes('EADDRINUSE')) return `${program} did not start: port ${port} is in use`;
  if (errors.includes('listen EACCES')) return `${program} did not start: port ${port} is not permitted`;
  const own = ownLines(errors);
  if (own.length === 0) return `${program} did not start: ${String(cause)}`;
  return [`${program} did not start:`, ...own.map((line) => `  ${line}`)].join('\n');
}

/** What a program itself complains of: without its name, and without what Node adds to an error that nobody caught. */
function ownLines(errors: string): readonly string[] {
  return errors
    .split('\n')
    .filter((line) => line.trim() !== '' && !nodeLines.test(line))
    .map((line) => line.replace(/^suture[a-z ]*: /, ''));
}

const nodeLines = /^ +at |^node:|^file:|^Node\.js v|^ *\^+ *$|^\(node:|^\(Use `node/;

function running(child: ChildProcess, address: string, ended: Promise<unknown>): RunningProgram {
  return {
    address,
    pid: child.pid ?? 0,
    ended,
    async stop(graceMs = 3000) {
      const insist = setTimeout(() => child.kill('SIGKILL'), graceMs);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(insist);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

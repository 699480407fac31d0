import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { faults } from '../gateway/fault.ts';

/** One module of ours: its path in the project, its text, and its text without comments. */
interface Module {
  readonly path: string;
  readonly text: string;
  readonly code: string;
  /** Paths in the project, and names of packages, as imported. */
  readonly imports: readonly string[];
}

const root = fileURLToPath(new URL('../', import.meta.url));
const rooms = ['gateway', 'subgraphs', 'consent-policy', 'test'];
const all = rooms.flatMap(modulesOf);
const shipped = all.filter(({ path }) => !path.startsWith('test/'));
/** What is read as a program; a test file is one long list of sentences. */
const programs = all.filter(({ path }) => !path.endsWith('.test.ts'));

function modulesOf(room: string): readonly Module[] {
  return readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => moduleAt(join(room, file)));
}

function moduleAt(path: string): Module {
  const text = readFileSync(join(root, path), 'utf8');
  const code = withoutComments(text);
  const named = [...code.matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  const started = [...code.matchAll(/new URL\('(\.[^']+\.ts)'/g)].map((match) => match[1] ?? '');
  const imports = [...named, ...started].map((name) =>
    name.startsWith('.') ? relative(root, join(root, dirname(path), name)) : name,
  );
  return { path, text, code, imports };
}

/** Strings that hold `//` stay: only whole comment lines and block comments go. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

/** Fails with the sentence and every module that breaks it. */
function expectNone(sentence: string, breaking: readonly string[]): void {
  expect(breaking, `broken: “${sentence}”`).toEqual([]);
}

/** Modules whose text matches, each with what matched. */
function matches(modules: readonly Module[], pattern: RegExp): string[] {
  return modules.flatMap(({ path, code }) => {
    const found = pattern.exec(code)?.[0];
    return found === undefined ? [] : [`${path}: ${found}`];
  });
}

function importsInto(room: string, allowed: readonly string[]): string[] {
  return all
    .filter(({ path }) => path.startsWith(`${room}/`))
    .flatMap(({ path, imports }) =>
      imports
        .filter((name) => rooms.some((each) => name.startsWith(`${each}/`)))
        .filter((name) => ![room, ...allowed].some((each) => name.startsWith(`${each}/`)))
        .map((name) => `${path} imports ${name}`),
    );
}

/** First lines of top-level functions and methods with the number of their lines; an end is a brace at the same indent. */
function functionLengths({ path, text }: Module): { place: string; lines: number; reasoned: boolean }[] {
  const lines = text.split('\n');
  const begins =
    /^(\s*)(?:(?:export |default |async |static |override |get |set )*function\b|(?:export )?const \w+[^=]*= (?:async )?(?:\([^;]*|\w+) =>|(?:async )?[\w$]+(?:<[^>]*>)?\([^;]*\)[^;]*\{$)/;
  return lines.flatMap((line, index) => {
    const indent = begins.exec(line)?.[1];
    if (indent === undefined) return [];
    const end = lines.findIndex((each, at) => at >= index && each.startsWith(`${indent}}`));
    const above = lines[index - 1]?.trim() ?? '';
    const reasoned = above.startsWith('//') || above.endsWith('*/');
    return end < 0 ? [] : [{ place: `${path}:${index + 1}`, lines: end - index + 1, reasoned }];
  });
}

describe('the architecture', () => {
  it('has imports that go one way', () => {
    const sentence = 'imports go one way: gateway → subgraphs → consent-policy';
    expectNone(sentence, [...importsInto('gateway', ['subgraphs', 'consent-policy'])]);
    expectNone(sentence, [...importsInto('subgraphs', ['consent-policy'])]);
    expectNone('consent-policy imports nothing of ours', importsInto('consent-policy', []));
  });

  it('sees the imports that it speaks of', () => {
    const gateway = all.find(({ path }) => path === 'gateway/gateway.ts');
    expect(gateway?.imports).toContain('consent-policy/policy.ts');
    expect(gateway?.imports).toContain('fastify');
    expect(functionLengths(gateway ?? moduleAt('gateway/gateway.ts'))).not.toHaveLength(0);
  });

  it('ships nothing of the tests', () => {
    const importing = shipped.filter(({ imports }) => imports.some((name) => name.startsWith('test/')));
    expectNone(
      'nothing outside test/ imports test/',
      importing.map(({ path }) => path),
    );
  });

  it('reads the environment in config modules only', () => {
    const elsewhere = shipped.filter(({ path }) => !/(^|-)config\.ts$/.test(basename(path)));
    expectNone(
      'only config modules read process.env',
      matches(elsewhere, /process\s*\.\s*env|\benv\b.*process/),
    );
  });

  it('opens connections in three places only', () => {
    const doors = ['system-http.ts', 'bounded-json.ts', 'readiness.ts'];
    const elsewhere = shipped.filter(({ path }) => !doors.includes(basename(path)));
    const pattern =
      /(?<!type )\brequest\b.*'undici'|\bfetch\((?:['"`]|new |url|address)|'node:(?:http|https|http2|net|tls|dgram)'|\bWebSocket\b/;
    const sentence =
      'only system-http.ts, bounded-json.ts and readiness.ts open connections, and jose fetches keys';
    expectNone(sentence, matches(elsewhere, pattern));
  });

  it('throws errors that have a name of their own', () => {
    const plain = matches(programs, /new (?:Type|Range)?Error\(/).filter((each) => !each.startsWith('test/'));
    expectNone('`new Error(` only in tests', plain);
  });

  it('gives every error class a stable code or state', () => {
    const nameless = shipped.flatMap(({ path, code }) =>
      [...code.matchAll(/class (\w+) extends Error \{([\s\S]*?)\n\}/g)]
        .filter((match) => !/readonly (code|state)\b/.test(match[2] ?? ''))
        .map((match) => `${path}: ${match[1]}`),
    );
    expectNone('an error class per cause, with a stable code', nameless);
  });

  it('has no drawer for odds and ends', () => {
    const names = ['utils', 'helpers', 'common', 'types', 'index'];
    const drawers = all.filter(({ path }) => names.includes(basename(path, '.ts')));
    expectNone(
      'no file named utils, helpers, common, types, index',
      drawers.map(({ path }) => path),
    );
  });

  it('names its files in kebab-case', () => {
    const odd = all.filter(({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.ts$/.test(basename(path)));
    expectNone(
      'files are named in kebab-case',
      odd.map(({ path }) => path),
    );
  });

  it('keeps files and functions short', () => {
    const longFiles = programs.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
    expectNone(
      'files have at most 400 lines',
      longFiles.filter(({ lines }) => lines > 400).map(({ path, lines }) => `${path}: ${lines}`),
    );
    const functions = programs.flatMap(functionLengths);
    expect(functions.length).toBeGreaterThan(300);
    expectNone(
      'a function has at most 70 lines, unless a reason stands above it',
      functions
        .filter(({ lines, reasoned }) => lines > 70 && !reasoned)
        .map(({ place, lines }) => `${place}: ${lines}`),
    );
  });

  it('never silences the type checker', () => {
    const pattern = /@ts-(?:ignore|expect-error|nocheck)|\bas any\b|: any\b|<any>|\bany\[\]|biome-ignore/;
    const silenced = programs.flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => {
        const found = pattern.exec(/^\s*(\*|\/\*\*)/.test(line) ? '' : line)?.[0];
        return found === undefined ? [] : [`${path}:${index + 1}: ${found}`];
      }),
    );
    expectNone('no `any`, no `@ts-ignore`', silenced);
  });

  it('uses every code of the table of faults', () => {
    const code = all
      .filter(({ path }) => path.startsWith('gateway/') && path !== 'gateway/fault.ts')
      .map((module) => module.code)
      .join('\n');
    const unused = Object.keys(faults).filter((fault) => !code.includes(`'${fault}'`));
    expectNone('one table holds every code a caller can see, and no other', unused);
  });

  it('words every fault alike: lower case, no full stop', () => {
    const odd = Object.values(faults).filter(
      ({ message }) => /^[A-Z](?![A-Z])|\.$/.test(message) && !/^NHS/.test(message),
    );
    expectNone(
      'messages are lower case and without full stop',
      odd.map(({ message }) => message),
    );
  });

  it('gives connectors one shape', () => {
    const folder = join(root, 'subgraphs/care-record/provider/connectors');
    const shapeless = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => {
        const files = readdirSync(join(folder, name));
        return ['connect.ts', 'read.ts', 'translate.ts']
          .filter((file) => !files.includes(file))
          .map((file) => `${name}/${file}`);
      });
    expectNone('siblings share one shape: connect.ts, read.ts, translate.ts', shapeless);
  });

  it('translates without asking anybody', () => {
    const translating = shipped.filter(({ path }) => /connectors\/.*\/translate\.ts$/.test(path));
    expect(translating).toHaveLength(3);
    expectNone(
      '`translate.ts` is pure: no await, no client, no clock',
      matches(translating, /\bawait\b|\basync\b|Date\.now|new Date\(\)|\.send\(|Math\.random/),
    );
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readRegisterEntry } from '../subgraphs/care-record/register-entry.ts';
import { eastfield, northgate } from './region/hospital/hospital.ts';
import { people } from './region/population/people.ts';

const providers = new URL('region/providers/', import.meta.url);
const entries = readdirSync(providers).map((file) => readRegisterEntry(read(new URL(file, providers))));
const membership: { odsCode: string; name: string; groups: string[] }[] = parse(
  read(new URL('region/membership.yaml', import.meta.url)),
);

function read(file: URL): string {
  return readFileSync(file, 'utf8');
}

function system(name: string) {
  const file = fileURLToPath(new URL(`region/systems/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const readers = [child.stdout, child.stderr].map((input) => createInterface({ input }));
  for (const reader of readers) reader.on('line', (line) => lines.push(line));
  const firstLine = Promise.race(readers.map((reader) => once(reader, 'line')));
  return { child, lines, firstLine };
}

test.each(['gp-system', 'northgate-hospital', 'eastfield-infirmary', 'council'])(
  '%s says one line and ends when told',
  async (name) => {
    const { child, lines, firstLine } = system(name);
    await firstLine;
    const address = /^ready (http:\/\/127\.0\.0\.1:\d+)$/.exec(lines[0] ?? '')?.[1];
    expect(await fetch(`${address}/nothing`).then(({ status }) => status)).toBeGreaterThanOrEqual(400);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(lines).toEqual([`ready ${address}`]);
  },
);

test('every register entry is valid', () => {
  expect(entries).toHaveLength(5);
  for (const entry of entries) expect(entry).not.toHaveProperty('problems');
});

test('every holder of a record is registered and a member', () => {
  const registered = entries.map((read) => ('entry' in read ? read.entry.organisation.odsCode : ''));
  const members = membership.map(({ odsCode }) => odsCode);
  for (const odsCode of new Set(people.flatMap(({ heldBy }) => heldBy))) {
    expect(registered).toContain(odsCode);
    expect(members).toContain(odsCode);
  }
});

test('organisations have one name everywhere', () => {
  const names = new Map(membership.map(({ odsCode, name }) => [odsCode, name]));
  for (const read of entries) {
    if ('entry' in read) {
      expect(names.get(read.entry.organisation.odsCode)).toBe(read.entry.organisation.name);
    }
  }
  for (const { odsCode, name } of [northgate, eastfield]) expect(names.get(odsCode)).toBe(name);
});

import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { personIn } from './region/population/find.ts';
import { codeOf, reportOf, startWorld, type World } from './world.ts';

// What an ICS team does: a file dropped into `providers/`, and rows in the imported facts, count from the next start.

let world: World;
const joined = 'RXX03';

beforeAll(async () => {
  world = await startWorld({ LOG_LEVEL: 'silent' }, async (dataDir) => {
    const providers = join(dataDir, 'providers');
    await copyFile(join(providers, 'eastfield-infirmary.yaml'), join(providers, 'joined-hospital.yaml'));
    await edit(join(providers, 'joined-hospital.yaml'), (yaml) =>
      yaml
        .replace(/^provider: .*$/m, 'provider: joined-hospital')
        .replace(/odsCode: \w+/, `odsCode: ${joined}`)
        .replace(/^locate: .*$/m, 'locate: always'),
    );
    await edit(join(providers, 'northgate-hospital.yaml'), (yaml) =>
      yaml.replace(/validUntil: .*/, 'validUntil: 2020-01-01'),
    );
    await edit(join(dataDir, 'relationships.yaml'), (yaml) =>
      [yaml, fact('unrelated', 'RXX01', '2020-01-01'), fact('unrelated', 'RXX02', null)].join(''),
    );
  });
});
afterAll(() => world.end());

describe('a file dropped into providers/', () => {
  test('brings a provider in at the next start', async () => {
    const answer = await world.ask('gp', 'complete');
    expect(reportOf(answer, 'problems', joined)).toMatchObject({ state: 'COMPLETE', items: 2 });
    expect(reportOf(answer, 'documents', joined)?.state).toBe('NOT_HELD');
  });

  test('gives its entries ids of their own', async () => {
    const { body } = await world.ask('gp', 'complete');
    const ids = body.data?.patient?.problems?.items.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('an agreement that has ended', () => {
  test('withholds the provider, also from its own staff', async () => {
    for (const persona of ['gp', 'hospital-doctor']) {
      const report = reportOf(await world.ask(persona, 'complete'), 'problems', 'RXX01');
      expect(report).toMatchObject({ state: 'WITHHELD', items: 0 });
    }
  });
});

describe('a relationship in the imported file', () => {
  test('gives access while it is current', async () => {
    expect((await world.ask('midwife', 'unrelated')).status).toBe(200);
  });

  test('gives none once it has ended', async () => {
    expect(codeOf(await world.ask('nurse', 'unrelated'))).toBe('NO_RELATIONSHIP');
  });
});

function fact(situation: string, organisation: string, validUntil: string | null): string {
  const { nhsNumber } = personIn(situation);
  return `- ${JSON.stringify({ nhsNumber, organisation, basis: 'encounter', issuer: organisation, validUntil })}\n`;
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}

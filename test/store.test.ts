import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { importFacts } from '../gateway/access/recorded-facts.ts';
import { openStore, StoreFault, storeFile } from '../gateway/store/store.ts';

const world = mkdtempSync(join(tmpdir(), 'suture-store-'));
afterAll(() => rmSync(world, { recursive: true }));

async function faultOf(dataDir: string): Promise<StoreFault> {
  const cause = await openStore(dataDir).then(
    (store) => importFacts(store, dataDir).finally(() => store.destroy()),
    (error: unknown) => error,
  );
  expect(cause).toBeInstanceOf(StoreFault);
  return cause as StoreFault;
}

/** A data folder whose database begins well and goes on with these bytes. */
async function damaged(from: number, length: number): Promise<string> {
  const dataDir = mkdtempSync(join(world, 'damaged-'));
  await (await openStore(dataDir)).destroy();
  const bytes = readFileSync(storeFile(dataDir));
  writeFileSync(storeFile(dataDir), bytes.fill('Z', from, from + length));
  return dataDir;
}

describe('a database that cannot be used', () => {
  test('is named when it is no database', async () => {
    const dataDir = mkdtempSync(join(world, 'junk-'));
    await writeFile(storeFile(dataDir), 'x'.repeat(5000));
    const { message, code } = await faultOf(dataDir);
    expect(code).toBe('STORE_UNUSABLE');
    expect(message).toContain(`the database \`${storeFile(dataDir)}\` cannot be used: it is no SQLite`);
    expect(message).not.toContain('xxx');
  });

  test.each([100, 4096])('is named when it is damaged from byte %i on', async (from) => {
    const dataDir = await damaged(from, 3900);
    const { message } = await faultOf(dataDir);
    expect(message).toContain(`\`${storeFile(dataDir)}\` cannot be used: it is damaged`);
  });

  test('is named when its folder is a file', async () => {
    const dataDir = join(world, 'file');
    await writeFile(dataDir, '');
    expect((await faultOf(dataDir)).message).toContain('its folder is a file');
    expect((await faultOf(join(dataDir, 'below'))).message).toContain('its folder is within a file');
  });

  test('is named when it is a folder', async () => {
    const dataDir = mkdtempSync(join(world, 'folder-'));
    await mkdir(storeFile(dataDir));
    expect((await faultOf(dataDir)).message).toContain('it cannot be opened');
  });
});

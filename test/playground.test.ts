import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { personIn } from './region/population/find.ts';
import { startWorld, type World } from './world.ts';

const executablePath = '/usr/bin/chromium';
const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
const offline = ['--disable-background-networking', '--disable-component-update'];

describe.skipIf(!existsSync(executablePath))('the playground (skipped: no chromium on this machine)', () => {
  let world: World;
  let browser: Browser;
  let page: Page;
  const foreign: string[] = [];

  beforeAll(async () => {
    world = await startWorld({ LOG_LEVEL: 'silent', PLAYGROUND_NHS_NUMBER: personIn('complete').nhsNumber });
    browser = await chromium.launch({ executablePath, args: [...quiet, ...offline] });
    page = await browser.newPage();
    page.on('request', (request) => {
      if (!request.url().startsWith(world.suture.address) && !request.url().startsWith('data:'))
        foreign.push(request.url());
    });
    await page.goto(world.suture.address);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.end();
  });

  const shown = () => page.locator('body').textContent();

  test('opens with the ready query', async () => {
    await expect.poll(shown, { timeout: 20_000 }).toContain('query Record');
  });

  test('answers the ready query once a token is pasted', async () => {
    await page.getByText('Auth', { exact: true }).click();
    await page.locator('.cm-content:visible').nth(1).click();
    await page.keyboard.insertText(await world.region.token('gp'));
    await page.getByText('Send Request').click();
    await expect.poll(shown, { timeout: 20_000 }).toContain('Riverside Surgery');
  });

  test('shows the schema once it is reloaded with the token', async () => {
    const answered = page.waitForResponse((response) => response.url().endsWith('/graphql'));
    await page.locator('[track-id="reload_docs"]').first().click();
    expect((await answered).status()).toBe(200);
  });

  test('keeps nothing of it when the page is left', async () => {
    await page.reload();
    await expect.poll(shown, { timeout: 20_000 }).toContain('query Record');
    expect(await shown()).not.toContain('Riverside Surgery');
    expect(await page.evaluate(kept)).toEqual([]);
  });

  test('asks no other host for anything', () => {
    expect(foreign).toEqual([]);
  });
});

/** Everything that the page has put into the browser's databases; runs in the page. */
const kept = `(async () => {
  const result = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const found = [];
  for (const { name } of await indexedDB.databases()) {
    const database = await result(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      found.push(...(await result(database.transaction(store).objectStore(store).getAll())));
    }
  }
  return found;
})()`;

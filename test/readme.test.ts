import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../gateway/config.ts';
import { faults } from '../gateway/fault.ts';
import { readHostConfig } from '../subgraphs/care-record/provider/host-config.ts';
import { readRegisterEntry } from '../subgraphs/care-record/register-entry.ts';
import { blocks, readme } from './readme.ts';

// The README's commands are run by start.test.ts, while `npm start` runs.

describe('the README', () => {
  test('shows a register entry that is right', () => {
    const [yaml = ''] = blocks('yaml');
    expect(readRegisterEntry(yaml)).toMatchObject({ entry: { provider: parse(yaml).provider } });
  });

  test('names every error code and no other', () => {
    const rows = readme.slice(
      readme.indexOf('Refusals are GraphQL errors'),
      readme.indexOf('## The way of a request'),
    );
    const named = [...rows.matchAll(/`([A-Z]+(?:_[A-Z]+)+|UNAUTHENTICATED)`/g)].map(([, code]) => code);
    expect(new Set(named)).toEqual(new Set(Object.keys(faults)));
  });

  test('names every setting', () => {
    const { config, secrets } = readConfig({});
    const host = readHostConfig({ ENTRY_ID_KEY: 'a'.repeat(32) }).config;
    const rows = readme.slice(
      readme.indexOf('## Settings and limits'),
      readme.indexOf('Each provider’s own limits') || undefined,
    );
    const named = new Set([...rows.matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(([, setting]) => setting));
    const optional = ['ISSUER_JWKS_URL', 'GATEWAY_JWKS_URL', 'ENTRY_ID_KEY'];
    for (const setting of [
      ...Object.keys(config),
      ...Object.keys(secrets),
      ...Object.keys(host),
      ...optional,
    ]) {
      expect(named, setting).toContain(setting);
    }
  });

  test('names only files and folders that are there', () => {
    const named = [
      ...readme.matchAll(/(?<![\w/])((?:gateway|subgraphs|consent-policy|test|docker)\/[\w./-]*)/g),
    ];
    for (const [, path = ''] of named)
      expect(existsSync(new URL(`../${path}`, import.meta.url)), path).toBe(true);
  });
});

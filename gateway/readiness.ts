import { sql } from 'kysely';
import { request } from 'undici';
import type { Register } from './care-record/register.ts';
import type { Config } from './config.ts';
import type { Store } from './store/store.ts';

/** How long a part has to show that it is there. */
const timeoutMs = 1000;

/** Names of what is missing to answer; a provider that is down is not among them, since the rest still answers. */
export async function missingParts(
  config: Config,
  store: Store,
  register: Register,
): Promise<readonly string[]> {
  const parts: Readonly<Record<string, () => Promise<boolean>>> = {
    'token issuer': () => answers(config.ISSUER_JWKS_URL ?? `${config.ISSUER_URL}/jwks`),
    'demographics service': () => answers(config.PDS_URL),
    database: async () => (await sql`select 1`.execute(store)).rows.length === 1,
    'registered providers': async () => register.providers.length > 0,
  };
  const checked = await Promise.all(
    Object.entries(parts).map(async ([name, check]) => ({ name, there: await check().catch(() => false) })),
  );
  return checked.filter(({ there }) => !there).map(({ name }) => name);
}

/** Any answer shows that somebody is there. */
async function answers(url: string): Promise<boolean> {
  const { body } = await request(url, { signal: AbortSignal.timeout(timeoutMs) });
  await body.dump();
  return true;
}

import * as z from 'zod';
import type { RegisterEntry } from '../register-entry.ts';
import { readRegisterFiles } from '../register-files.ts';

const settings = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(4150),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATA_DIR: z.string().min(1).default('data'),
  /** The gateway: issuer of access contexts, and where its keys are. */
  PUBLIC_URL: z.url().default('http://127.0.0.1:4000'),
  /** Where the gateway's keys are; empty: `<PUBLIC_URL>/.well-known/jwks.json`. */
  GATEWAY_JWKS_URL: z.url().optional(),
  BODY_LIMIT_BYTES: z.coerce.number().int().min(1).default(200_000),
  LOG_LEVEL: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug']).default('info'),
});

const secretSettings = z.object({
  /** Keys the hashes that entry ids are; whoever knows it could find out where an entry comes from. At least 32 characters. */
  ENTRY_ID_KEY: z.string().min(32),
});

/** Everything that can be set for the program that hosts provider subgraphs; safe to print. */
export type HostConfig = z.infer<typeof settings>;

/** What must never be printed. */
export interface HostSecrets {
  readonly entryIdKey: string;
  /** The secret that a register entry's `system.credentials` names; null if it is not set. */
  credential(name: string): string | null;
}

/** The environment breaks a setting; the message lists every problem. */
export class HostConfigFault extends Error {
  readonly code = 'CONFIG_INVALID';

  constructor(problems: readonly string[]) {
    super(`the configuration is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'HostConfigFault';
  }
}

/** Reads the environment once, or throws a `HostConfigFault` that lists every problem; an empty value counts as unset. */
export function readHostConfig(environment: NodeJS.ProcessEnv = process.env): {
  readonly config: HostConfig;
  readonly secrets: HostSecrets;
} {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const config = settings.safeParse(set);
  const secrets = secretSettings.safeParse(set);
  if (!config.success || !secrets.success) {
    const issues = [...(config.error?.issues ?? []), ...(secrets.error?.issues ?? [])];
    throw new HostConfigFault(issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  }
  const named = new Map(Object.entries(set));
  return {
    config: config.data,
    secrets: { entryIdKey: secrets.data.ENTRY_ID_KEY, credential: (name) => named.get(name) ?? null },
  };
}

/** Reads the register of the environment's data folder; an entry whose credential is not set in the environment is a problem. */
export function readHostRegister(environment: NodeJS.ProcessEnv = process.env): readonly RegisterEntry[] {
  const dataDir = settings.shape.DATA_DIR.parse(environment.DATA_DIR || undefined);
  return readRegisterFiles(dataDir, (name) => Boolean(environment[name]));
}

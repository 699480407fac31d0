import * as z from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const milliseconds = z.coerce.number().int().min(1).max(600_000);
const count = z.coerce.number().int().min(1);
const list = z
  .string()
  .transform((words) => words.split(',').map((word) => word.trim()))
  .pipe(z.array(z.string().min(1)).min(1));

/** Signature algorithms that a token may use: asymmetric ones only (RFC 8725, section 3.1). */
const algorithms = z.array(
  z.enum(['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'EdDSA']),
);

const settings = z.object({
  PORT: port.default(4000),
  HOST: z.string().min(1).default('127.0.0.1'),
  /** Where the register's files, the imported facts and the database live. */
  DATA_DIR: z.string().min(1).default('data'),
  /** The address that access contexts name as their issuer, and where `/.well-known/jwks.json` is read. */
  PUBLIC_URL: z.url().default('http://127.0.0.1:4000'),
  ISSUER_URL: z.url().default('http://127.0.0.1:4100'),
  /** Where the issuer's keys are; empty: `<ISSUER_URL>/jwks`. */
  ISSUER_JWKS_URL: z.url().optional(),
  TOKEN_AUDIENCE: z.string().min(1).default('suture'),
  TOKEN_ALGORITHMS: list.pipe(algorithms).default(['PS256', 'ES256', 'EdDSA']),
  PDS_URL: z.url().default('http://127.0.0.1:4101/personal-demographics/FHIR/R4'),
  POINTERS_URL: z.url().default('http://127.0.0.1:4102/record-locator/consumer/FHIR/R4'),
  PROVIDER_SUBGRAPHS_URL: z.url().default('http://127.0.0.1:4150'),
  /** From the first byte of a request to the last provider's answer. */
  REQUEST_TIMEOUT_MS: milliseconds.default(4000),
  PDS_TIMEOUT_MS: milliseconds.default(2000),
  POINTERS_TIMEOUT_MS: milliseconds.default(800),
  /** What happens to providers whose locator cannot be asked: ask them all the same, or report them. */
  LOCATOR_DOWN: z.enum(['ask', 'report']).default('ask'),
  /** Origins of pages that may ask from a browser, comma-separated; none by default. */
  CORS_ORIGINS: list.pipe(z.array(z.url())).default([]),
  BODY_LIMIT_BYTES: count.default(100_000),
  OPERATION_TOKENS: count.default(2000),
  OPERATION_DEPTH: count.default(12),
  /** Counted with every fragment where it is spread. */
  OPERATION_FIELDS: count.default(1000),
  OPERATION_ALIASES: count.default(50),
  TRAINING_GRACE_DAYS: z.coerce.number().int().min(0).default(0),
  /** NHS number that the playground's variables begin with, for a demo; empty in production. */
  PLAYGROUND_NHS_NUMBER: z.string().default(''),
  LOG_LEVEL: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug']).default('info'),
});

const secretSettings = z.object({
  /** Bearer credential for PDS, and for the pointer service. */
  PDS_CREDENTIALS: z.string().min(1).default('demo'),
  POINTERS_CREDENTIALS: z.string().min(1).default('demo'),
});

/** Everything that can be set, checked; safe to print. */
export type Config = z.infer<typeof settings>;
/** What must never be printed. */
export type Secrets = z.infer<typeof secretSettings>;

/** The environment breaks a setting; the message lists every problem. */
export class ConfigFault extends Error {
  readonly code = 'CONFIG_INVALID';

  constructor(problems: readonly string[]) {
    super(`the configuration is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigFault';
  }
}

/** Reads the environment once, or throws a `ConfigFault` that lists every problem; an empty value counts as unset. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): {
  readonly config: Config;
  readonly secrets: Secrets;
} {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const config = settings.safeParse(set);
  const secrets = secretSettings.safeParse(set);
  const issues = [...(config.error?.issues ?? []), ...(secrets.error?.issues ?? [])];
  if (!config.success || !secrets.success) {
    throw new ConfigFault(issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  }
  return { config: config.data, secrets: secrets.data };
}

/** Apollo's gateway exports telemetry by default (since 2.14.0) unless this is set before it is constructed. */
export function withoutApolloTelemetry(environment: NodeJS.ProcessEnv = process.env): void {
  environment.APOLLO_TELEMETRY_DISABLED = 'true';
}

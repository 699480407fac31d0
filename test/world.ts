import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readyQuery } from '../gateway/ready-query.ts';
import { personIn } from './region/population/find.ts';
import { freePort } from './region/ports.ts';
import { type Region, startRegion } from './region/region.ts';
import { type Suture, startSuture } from './region/suture.ts';

/** The region with Suture in front of it, in processes of their own on free ports. */
export interface World {
  readonly region: Region;
  readonly suture: Suture;
  readonly dataDir: string;
  /** Every line that the gateway and the provider subgraphs logged. */
  readonly logged: readonly string[];
  /** Asks as a persona about the person in a situation; the ready query unless another is given. */
  ask(persona: string, situation: string, query?: string): Promise<Answer>;
  /** Sends any body with any headers. */
  send(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  end(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: {
    readonly data?: { readonly patient?: Patient | null } | null;
    readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
    readonly extensions?: Readonly<Record<string, unknown>>;
  };
}

export interface Report {
  readonly organisation: { readonly odsCode: string; readonly name: string } | null;
  readonly state: string;
  readonly message: string;
  readonly warnings: readonly string[];
  readonly items: number;
}
export interface SectionAnswer {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly sources: readonly Report[];
  readonly complete: boolean;
}
export type Patient = Readonly<Record<string, SectionAnswer>> & { readonly nhsNumber: string };

/** Starts a world; `env` reaches the gateway and the provider subgraphs, `prepare` changes the data folder before they start. */
export async function startWorld(
  env: Readonly<Record<string, string>> = {},
  prepare: (dataDir: string) => Promise<void> = async () => undefined,
): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), 'suture-'));
  const region = await startRegion({ ports: 'free', dataDir });
  await prepare(dataDir);
  const logged: string[] = [];
  const ports = { gateway: await freePort(), providers: await freePort() };
  const suture = await startSuture({ region, dataDir, ports, env, onLine: (line) => logged.push(line) });
  const send = sender(suture.address);
  const ask: World['ask'] = async (persona, situation, query = readyQuery) => {
    const authorization = `Bearer ${await region.token(persona)}`;
    return send({ query, variables: { nhsNumber: personIn(situation).nhsNumber } }, { authorization });
  };
  // The first query compiles what every later one uses; on a busy machine that can outlast a provider's time.
  await ask('gp', 'complete');
  return {
    region,
    suture,
    dataDir,
    logged,
    send,
    ask,
    end: async () => {
      await Promise.all([suture.stop(), region.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function sender(address: string): World['send'] {
  return async (body, headers = {}) => {
    const response = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
  };
}

/** The sections of an answer by name. */
export function sectionsOf(answer: Answer): readonly (readonly [string, SectionAnswer])[] {
  return Object.entries(answer.body.data?.patient ?? {}).flatMap(([name, value]) =>
    typeof value === 'object' && 'sources' in value ? [[name, value] as const] : [],
  );
}

/** How one organisation answered for one section. */
export function reportOf(answer: Answer, section: string, odsCode: string): Report | undefined {
  return answer.body.data?.patient?.[section]?.sources.find((each) => each.organisation?.odsCode === odsCode);
}

/** The code of the first error. */
export function codeOf(answer: Answer): string | undefined {
  return answer.body.errors?.[0]?.extensions.code;
}

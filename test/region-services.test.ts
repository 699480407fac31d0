import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { requestToken } from './region/issuer/request-token.ts';
import { invalidatedNhsNumber } from './region/pds/register.ts';
import { personas } from './region/personas.ts';
import { people } from './region/population/people.ts';
import type { Person } from './region/population/person.ts';
import { type RunningProgram, startProgram } from './region/processes.ts';
import { type Region, startRegion } from './region/region.ts';

const published = new URL('../../shared/data/', import.meta.url);
const isPublishedHere = existsSync(published);
const examples = isPublishedHere ? it : it.skip;

const system = (name: string) => new URL(`region/systems/${name}.ts`, import.meta.url);
const start = (name: string, env: Record<string, string> = {}) =>
  startProgram({ file: system(name), port: 0, env });

function personOf(situation: string): Person {
  const person = people.find((candidate) => candidate.situation === situation);
  if (person === undefined) throw new Error(`nobody is \`${situation}\``);
  return person;
}

async function publishedExample(path: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(path, published), 'utf8'));
}

/** `name.0.family` and so on, without positions: what a document may contain. */
function shape(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    shape(inner, Array.isArray(value) ? path : `${path}.${key}`),
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the issuer', () => {
  let issuer: RunningProgram;
  beforeAll(async () => {
    issuer = await start('issuer');
  });
  afterAll(() => issuer.stop());

  async function claimsOf(persona: string) {
    const keys = createRemoteJWKSet(new URL('/jwks', issuer.address));
    const options = { issuer: issuer.address, audience: 'suture', typ: 'at+jwt', algorithms: ['PS256'] };
    const { payload } = await jwtVerify(await requestToken(issuer.address, persona), keys, options);
    return payload;
  }

  it('gives each persona a token that its keys verify', async () => {
    const claims = await Promise.all(personas.map(({ name }) => claimsOf(name)));
    expect(claims.map(({ sub }) => sub)).toEqual(personas.map(({ userId }) => userId));
    expect(new Set(claims.map(({ sub }) => sub)).size).toBe(personas.length);
    expect(claims.map(({ iat = 0, exp = 0 }) => exp - iat)).toEqual(personas.map(() => 3600));
  });

  it('states a second role profile without selecting it', async () => {
    const { selected_roleid, nhsid_nrbac_roles } = await claimsOf('receptionist');
    const roles = nhsid_nrbac_roles as { person_roleid: string; role_code: string; org_code: string }[];
    expect(roles.map(({ role_code }) => role_code)).toEqual(['S8000:G8000:R8001', 'S8001:G8002:R8009']);
    expect(roles.find(({ person_roleid }) => person_roleid === selected_roleid)).toMatchObject({
      role_code: 'S8001:G8002:R8009',
      org_code: 'G99001',
    });
  });

  it('states organisation, assurance and purpose of staff', async () => {
    expect(await claimsOf('medical-examiner')).toMatchObject({
      nhsid_useruid: expect.stringMatching(/^\d{12}$/),
      idassurancelevel: '3',
      authentication_assurance_level: '3',
      nhsid_user_orgs: [{ org_code: 'RXX01', org_name: 'Northgate General Hospital' }],
      nhsid_nrbac_roles: [{ aow: ['Medical Examiner'] }],
      extensions: { ihe_iua: { subject_organization_id: 'RXX01', purpose_of_use: [{ code: 'TREAT' }] } },
    });
  });

  it('lets the training of `untrained` alone lapse', async () => {
    const names = personas.filter(({ kind }) => kind === 'staff').map(({ name }) => name);
    const claims = await Promise.all(names.map(claimsOf));
    const lapsed = names.filter((_, index) => String(claims[index]?.ig_training_valid_until) < '2026-01-01');
    expect(lapsed).toEqual(['untrained']);
  });

  it('gives a patient their number and no role', async () => {
    const claims = await claimsOf('patient');
    expect(claims).toMatchObject({
      nhs_number: personOf('complete').nhsNumber,
      identity_proofing_level: 'P9',
      extensions: { ihe_iua: { purpose_of_use: [{ code: 'PATRQT' }] } },
    });
    expect(claims).not.toHaveProperty('nhsid_nrbac_roles');
    expect(claims).not.toHaveProperty('selected_roleid');
  });

  it('refuses a client that it does not know', async () => {
    await expect(requestToken(issuer.address, 'nobody')).rejects.toMatchObject({ code: 'TOKEN_NOT_ISSUED' });
  });
});

describe('the demographics service', () => {
  let pds: RunningProgram;
  beforeAll(async () => {
    pds = await start('pds');
  });
  afterAll(() => pds.stop());

  const requestId = '60e0b220-8136-4ca5-ae46-1d97ef59d068';
  const usual = { 'x-request-id': requestId, 'x-correlation-id': 'one', authorization: 'Bearer any' };

  async function trace(nhsNumber: string, headers: Record<string, string> = usual, address = pds.address) {
    const url = `${address}/personal-demographics/FHIR/R4/Patient/${nhsNumber}`;
    const response = await fetch(url, { headers });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as { readonly id?: string },
    };
  }
  const refusal = (code: string) => ({ issue: [{ details: { coding: [{ code }] } }] });

  it('answers with the person and echoes the ids', async () => {
    const person = personOf('complete');
    const { status, headers, body } = await trace(person.nhsNumber);
    expect(status).toBe(200);
    expect(headers.get('x-request-id')).toBe(requestId);
    expect(headers.get('x-correlation-id')).toBe('one');
    expect(headers.get('content-type')).toContain('application/fhir+json');
    expect(body).toMatchObject({
      id: person.nhsNumber,
      meta: { security: [{ code: 'U' }] },
      name: [{ family: person.familyName }],
      generalPractitioner: [{ identifier: { value: 'G99001' } }],
    });
  });

  it('tells nothing of where a restricted person is', async () => {
    const { body } = await trace(personOf('restricted').nhsNumber);
    expect(body).toMatchObject({ meta: { security: [{ code: 'R' }] } });
    for (const place of ['address', 'telecom', 'generalPractitioner']) expect(body).not.toHaveProperty(place);
  });

  it('answers a superseded number with the new record', async () => {
    const person = personOf('superseded');
    const { status, body } = await trace(person.supersededNumbers[0] ?? '');
    expect(status).toBe(200);
    expect(body.id).toBe(person.nhsNumber);
  });

  it('states a death and how it was notified', async () => {
    const status = { url: 'deathNotificationStatus', valueCodeableConcept: { coding: [{ code: '2' }] } };
    const { body } = await trace(personOf('deceased').nhsNumber);
    expect(body).toMatchObject({
      deceasedDateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT00:00:00\+00:00$/),
      extension: [{ extension: [status, { url: 'systemEffectiveDate' }] }],
    });
  });

  it('refuses invalid, unknown and invalidated numbers differently', async () => {
    const [invalid, unknown, invalidated] = await Promise.all(
      ['9990000000', '9000000009', invalidatedNhsNumber].map((number) => trace(number)),
    );
    expect(invalid).toMatchObject({ status: 400, body: refusal('INVALID_RESOURCE_ID') });
    expect(unknown).toMatchObject({ status: 404, body: refusal('RESOURCE_NOT_FOUND') });
    expect(invalidated).toMatchObject({ status: 404, body: refusal('INVALIDATED_RESOURCE') });
    expect(people.map(({ nhsNumber }) => nhsNumber)).not.toContain(invalidatedNhsNumber);
  });

  it('requires a request id and a bearer token', async () => {
    const { nhsNumber } = personOf('complete');
    const withoutId = await trace(nhsNumber, { authorization: 'Bearer any' });
    const withoutToken = await trace(nhsNumber, { 'x-request-id': requestId });
    expect(withoutId).toMatchObject({ status: 400, body: refusal('MISSING_VALUE') });
    expect(withoutToken).toMatchObject({ status: 401, body: refusal('ACCESS_DENIED') });
  });

  it('answers too many requests above its rate', async () => {
    const limited = await start('pds', { PDS_RATE_PER_SECOND: '1' });
    const { nhsNumber } = personOf('complete');
    // Six requests cannot fall into six different seconds unless the machine stands still.
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => trace(nhsNumber, usual, limited.address)),
    );
    await limited.stop();
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.body).toMatchObject(refusal('TOO_MANY_REQUESTS'));
  });

  examples('is shaped like the published examples', async () => {
    const known = shape(await publishedExample('pds/sandbox/mocks/Patient.json'));
    for (const situation of ['complete', 'deceased', 'restricted']) {
      const { body } = await trace(personOf(situation).nhsNumber);
      expect(known).toEqual(expect.arrayContaining(shape(body)));
    }
    const errors = 'pds/karate-tests/src/test/java/mocks/stubs/errorResponses';
    const { body } = await trace(invalidatedNhsNumber);
    expect(body).toEqual(await publishedExample(`${errors}/INVALIDATED_RESOURCE.json`));
  });
});

describe('the record locator', () => {
  let locator: RunningProgram;
  beforeAll(async () => {
    locator = await start('pointers');
  });
  afterAll(() => locator.stop());

  const usual = { authorization: 'Bearer any', 'NHSD-End-User-Organisation-ODS': 'G99001' };

  async function locate(query: Record<string, string>, headers: Record<string, string> = usual) {
    const search = new URLSearchParams(query);
    const url = `${locator.address}/record-locator/consumer/FHIR/R4/DocumentReference?${search}`;
    const response = await fetch(url, { headers });
    return { status: response.status, body: await response.json() };
  }
  const subject = (nhsNumber: string) => ({
    'subject:identifier': `https://fhir.nhs.uk/Id/nhs-number|${nhsNumber}`,
  });

  interface Entry {
    readonly resource: { readonly custodian: { readonly identifier: { readonly value: string } } };
  }
  const entriesOf = (body: unknown) => (body as { readonly entry: readonly Entry[] }).entry;
  const issue = (detail: object) => ({ resourceType: 'OperationOutcome', issue: [detail] });
  const coded = (code: string) => issue({ details: { coding: [{ code }] } });

  async function custodians(nhsNumber: string): Promise<string[]> {
    const { body } = await locate(subject(nhsNumber));
    const entries = entriesOf(body);
    expect(body).toMatchObject({ resourceType: 'Bundle', type: 'searchset', total: entries.length });
    return entries.map(({ resource }) => resource.custodian.identifier.value);
  }

  it('points to the hospitals that hold a record', async () => {
    expect(await custodians(personOf('complete').nhsNumber)).toEqual(['RXX01', 'RXX02']);
    expect(await custodians(personOf('large').nhsNumber)).toEqual(['RXX01']);
    expect(await custodians(personOf('unrelated').nhsNumber)).toEqual([]);
  });

  it('points to a hospital that has nothing', async () => {
    expect(await custodians(personOf('no-record').nhsNumber)).toEqual(['RXX02']);
  });

  it('knows a superseded number as well', async () => {
    const { nhsNumber, supersededNumbers } = personOf('superseded');
    expect(await custodians(supersededNumbers[0] ?? '')).toEqual(['RXX02']);
    expect(await custodians(nhsNumber)).toEqual(['RXX02']);
  });

  it('searches one custodian alone', async () => {
    const custodian = { 'custodian:identifier': 'https://fhir.nhs.uk/Id/ods-organization-code|RXX02' };
    const { body } = await locate({ ...subject(personOf('complete').nhsNumber), ...custodian });
    expect(body).toMatchObject({ total: 1 });
  });

  it('refuses invalid parameters as published', async () => {
    const extra = await locate({ ...subject(personOf('complete').nhsNumber), extra: 'parameter' });
    const nobody = await locate({});
    const invalid = await locate(subject('123'));
    expect([extra.status, nobody.status, invalid.status]).toEqual([400, 400, 400]);
    const diagnostics = 'Invalid query parameter (extra: Extra inputs are not permitted)';
    expect(extra.body).toMatchObject(issue({ diagnostics, expression: ['extra'] }));
    expect(nobody.body).toMatchObject(issue({ expression: ['subject:identifier'] }));
    expect(invalid.body).toMatchObject(coded('INVALID_NHS_NUMBER'));
  });

  it('requires to know the organisation that asks', async () => {
    const { status, body } = await locate(subject('9990000018'), { authorization: 'Bearer any' });
    expect(status).toBe(401);
    expect(body).toMatchObject(coded('MISSING_OR_INVALID_HEADER'));
  });

  examples('is shaped like the published examples', async () => {
    const path =
      'nrlf/tests/data/DocumentReference/Y05868-736253002-Valid-with-date-and-meta-lastupdated.json';
    const { body } = await locate(subject(personOf('complete').nhsNumber));
    const known = shape(await publishedExample(path));
    expect(known).toEqual(expect.arrayContaining(shape(entriesOf(body)[0]?.resource)));
  });
});

describe('the process spawner', () => {
  it('names the program and its busy port', async () => {
    const first = await start('pds');
    const port = Number(new URL(first.address).port);
    await expect(startProgram({ file: system('pointers'), port })).rejects.toMatchObject({
      code: 'PROGRAM_NOT_STARTED',
      message: `\`pointers\` did not start: port ${port} is in use`,
    });
    await first.stop();
  });

  it('says in words which program complains of what', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'suture-'));
    const file = join(folder, 'failing.ts');
    await writeFile(
      file,
      "process.stderr.write('suture: the register is wrong:\\n  line 3\\n'); await Promise.reject(new Error('and more'));\n",
    );
    const failing = startProgram({ name: 'the gateway', file: pathToFileURL(file), port: 4000 });
    const message = await failing.catch((cause) => cause.message);
    expect(message).toMatch(/^the gateway did not start:\n {2}the register is wrong:\n {4}line 3\n/);
    expect(message).toContain('Error: and more');
    expect(message).not.toMatch(/port|code 1|Node\.js| at |failing\.ts/);
    await rm(folder, { recursive: true });
  });

  it('gives up a program that is never ready', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'suture-'));
    const file = join(folder, 'silent.ts');
    await writeFile(file, 'setInterval(() => {}, 1000);\n');
    const silent = startProgram({ file: new URL(`file://${file}`), port: 0, startTimeoutMs: 300 });
    await expect(silent).rejects.toThrow('`silent` did not start: not ready after 300 ms');
    await rm(folder, { recursive: true });
  });

  it('leaves no process when it stops one', async () => {
    const program = await start('pds');
    expect(isAlive(program.pid)).toBe(true);
    await program.stop();
    expect(isAlive(program.pid)).toBe(false);
    await program.stop();
  });

  it('ends the child when the parent crashes', async () => {
    const script = `
      import { startProgram } from '${new URL('region/processes.ts', import.meta.url)}';
      const { pid } = await startProgram({ file: new URL('${system('pds')}'), port: 0 });
      process.stdout.write(String(pid));`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    const [pid] = await once(parent.stdout, 'data');
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(Number(pid))).toBe(false), { timeout: 5000 });
  });
});

describe('the commands', () => {
  const region = (name: string) => fileURLToPath(new URL(`region/${name}.ts`, import.meta.url));
  const run = (name: string, args: string[], env: Record<string, string> = {}) =>
    promisify(execFile)(process.execPath, [region(name), ...args], { env: { ...process.env, ...env } });

  it('prints a token and nothing else', async () => {
    const issuer = await start('issuer');
    const { stdout } = await run('token', ['gp'], { ISSUER_URL: issuer.address });
    await issuer.stop();
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  it('lists the personas when the name is unknown', async () => {
    const stderr = expect.stringMatching(/gp .*\n(.*\n)*.*researcher .*\n/);
    await expect(run('token', ['nobody'])).rejects.toMatchObject({ code: 2, stdout: '', stderr });
  });

  it('says when no issuer is running', async () => {
    const stderr = expect.stringContaining('no issuer answers at http://127.0.0.1:9:');
    const env = { ISSUER_URL: 'http://127.0.0.1:9' };
    await expect(run('token', ['gp'], env)).rejects.toMatchObject({ code: 1, stdout: '', stderr });
  });

  it('prints each patient with their situation', async () => {
    const { stdout } = await run('patients', []);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toEqual(people.map(({ nhsNumber, situation }) => `${nhsNumber}\t${situation}`));
  });
});

describe('npm start', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'suture-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  /** What it says in refusing: nothing of the region has been started by then, whoever listens on its ports. */
  async function refusal(env: Record<string, string>): Promise<string> {
    const program = fileURLToPath(new URL('region/start.ts', import.meta.url));
    const running = promisify(execFile)(process.execPath, [program], {
      env: { ...process.env, DATA_DIR: dataDir, ...env },
    });
    const { code, stderr } = await running.catch((cause) => cause);
    expect(code).toBe(1);
    expect(stderr).not.toMatch(/^ +at /m);
    return stderr;
  }

  it.each([
    ['abc', 'PORT is `abc`: expected a whole number from 1 to 65535'],
    ['0', 'PORT is `0`: expected a whole number from 1 to 65535'],
    ['65536', 'PORT is `65536`: expected a whole number from 1 to 65535'],
    ['4100', 'PORT is 4100, which the region itself listens on: choose one outside 4100–4199'],
    ['4150', 'PORT is 4150, which the region itself listens on: choose one outside 4100–4199'],
  ])('refuses the port %s in a sentence', async (PORT, sentence) => {
    expect(await refusal({ PORT })).toBe(`suture: ${sentence}\n`);
  });

  it('refuses a data folder that is none or cannot be written', async () => {
    const file = join(dataDir, 'file');
    await writeFile(file, '');
    expect(await refusal({ DATA_DIR: file })).toBe(
      `suture: DATA_DIR is \`${file}\`, which is a file: expected a folder\n`,
    );
    expect(await refusal({ DATA_DIR: join(file, 'below') })).toContain(
      'where nothing can be written (ENOTDIR)',
    );
  });

  it('says all that is wrong in the data folder before anything runs', async () => {
    await mkdir(join(dataDir, 'providers'));
    await writeFile(join(dataDir, 'providers/northgate-hospital.yaml'), 'provider: northgate\n');
    await writeFile(join(dataDir, 'providers/westbrook.txt'), '');
    await writeFile(join(dataDir, 'membership.yaml'), '- { odsCode: 999, name: A, groups: [] }\n');
    await writeFile(join(dataDir, 'preferences.yaml'), '- { kind: dissent, scope: region }\n');
    const council = await readFile(
      new URL('region/providers/northshire-council.yaml', import.meta.url),
      'utf8',
    );
    await writeFile(
      join(dataDir, 'providers/northshire-council.yaml'),
      council.replace('  baseUrl:', '  credentials: NORTHSHIRE_TEST_SECRET\n  baseUrl:'),
    );
    const said = await refusal({});
    for (const words of [
      'northgate-hospital.yaml:1:1: `organisation`: found nothing',
      'westbrook.txt:1:1: the file: found a name that ends neither',
      '`system.credentials`: found that `NORTHSHIRE_TEST_SECRET` is not set',
      'npm run provider -- check <file>',
      'membership.yaml:1:5: `0.odsCode`: found a number, expected text: put it in quotes',
      'preferences.yaml:1:3: `0.nhsNumber`: found nothing',
    ])
      expect(said).toContain(words);
  });
});

describe('the region', () => {
  let region: Region;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'suture-'));
    region = await startRegion({ ports: 'free', dataDir });
  });
  afterAll(async () => {
    await region.stop();
    await rm(dataDir, { recursive: true });
  });

  it('writes register entries with the actual addresses', async () => {
    const names = await readdir(join(dataDir, 'providers'));
    const entries = await Promise.all(
      names.map(async (name) => parse(await readFile(join(dataDir, 'providers', name), 'utf8'))),
    );
    expect(entries).toHaveLength(5);
    const origins = entries.map(({ system: { baseUrl } }) => new URL(baseUrl).origin);
    const { gpSystem, northgate, eastfield, council } = region.addresses;
    expect(new Set(origins)).toEqual(new Set([gpSystem, northgate, eastfield, council]));
  });

  it('writes memberships, relationships and preferences', async () => {
    const read = async (name: string) => parse(await readFile(join(dataDir, name), 'utf8'));
    expect(await read('membership.yaml')).toContainEqual(expect.objectContaining({ odsCode: 'RXX01' }));
    expect(await read('relationships.yaml')).toContainEqual(expect.objectContaining({ basis: 'caseload' }));
    expect(await read('preferences.yaml')).toContainEqual(expect.objectContaining({ kind: 'dissent' }));
  });

  it('gives tokens, and kills one system alone', async () => {
    expect(await region.token('gp')).toMatch(/^ey/);
    await region.kill('council');
    await expect(fetch(region.addresses.council)).rejects.toThrow();
    expect((await fetch(region.addresses.pds)).status).toBe(400);
  });

  it('leaves nothing listening when it stops', async () => {
    await region.stop();
    const answers = await Promise.allSettled(
      Object.values(region.addresses).map((address) => fetch(address)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 'rejected'));
  });
});

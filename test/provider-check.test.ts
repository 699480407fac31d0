import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, parseDocument, stringify } from 'yaml';
import { checkEntry } from '../gateway/provider-check.ts';
import { jsonReport, plainReport } from '../gateway/provider-report.ts';
import type { EntryProblem } from '../subgraphs/care-record/entry-problem.ts';
import { RegisterFault, readRegisterFiles } from '../subgraphs/care-record/register-files.ts';

const command = fileURLToPath(new URL('../gateway/provider-cli.ts', import.meta.url));
const providers = fileURLToPath(new URL('region/providers/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'provider-check-'));
const good = readFileSync(join(providers, 'northgate-hospital.yaml'), 'utf8');
const today = new Date().toISOString().slice(0, 10);
/** The commands run in `folder`, so that a register in `data/` of this machine is not seen. Half of each run is compiling otherwise. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'cache') };
afterAll(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly errors: string;
}

function provider(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [command, ...args], { env, cwd: folder }, (_, out, errors) =>
      resolve({ exitCode: child.exitCode ?? -1, out, errors }),
    );
  });
}

function file(content: string | Uint8Array, name = 'entry.yaml'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function checked(content: string | Uint8Array, ...options: string[]) {
  const ran = await provider('check', '--json', ...options, file(content));
  const report: { ok: boolean; problems: EntryProblem[]; warnings: EntryProblem[] } = JSON.parse(ran.out);
  return { ...ran, ...report };
}

/** The good entry with values set at dotted paths; undefined removes a key. */
function changed(changes: Readonly<Record<string, unknown>>): string {
  const document = parseDocument(good);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) document.deleteIn(key.split('.'));
    else document.setIn(key.split('.'), document.createNode(value));
  }
  return document.toString();
}

function daysFromToday(days: number): string {
  return new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10);
}

describe('a good entry', () => {
  test.each(readdirSync(providers))('%s of the region is fine', async (name) => {
    const { exitCode, out, errors } = await provider('check', join(providers, name));
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    expect(out).toContain(`provider      ${name.replace('.yaml', '')}\n`);
    expect(out).toContain('no problems, no warnings');
  });

  const example = new URL('../../shared/design/provider.yaml', import.meta.url);
  test.skipIf(!existsSync(example))(
    'the example of the design is fine (skipped where it is absent)',
    async () => {
      expect(await provider('check', fileURLToPath(example))).toMatchObject({ exitCode: 0, errors: '' });
    },
  );

  test('says what was understood of it', async () => {
    const { out } = await provider('check', join(providers, 'northgate-hospital.yaml'));
    for (const words of ['Northgate General Hospital (RXX01), ACUTE', 'http://127.0.0.1:4120/r4', 'fhir-r4'])
      expect(out).toContain(words);
    for (const words of ['where the pointer service knows', 'PROBLEMS, MEDICATIONS', '2099-03-31'])
      expect(out).toContain(words);
  });

  test('is left as it was', async () => {
    const path = file(good);
    await provider('check', path);
    expect(readFileSync(path, 'utf8')).toBe(good);
  });
});

const tenFaults = {
  provider: 'Northgate Hospital',
  'organisation.odsCode': 999,
  'organisation.contacts.caldicottGuardian': 'nobody',
  careSetting: 'HOSPITAL',
  'system.baseUrl': 'http://fhir.northgate.example/r4',
  locate: undefined,
  'sharing.validUntil': '2020-01-31',
  'sharing.withheldNotice': 'SILENT',
  'limits.timeoutMs': 1.5,
  'retention.storedat': 'Northgate data centre, England',
};

describe('a bad entry', () => {
  test('with ten faults has all ten reported', async () => {
    const { exitCode, ok, problems } = await checked(changed(tenFaults));
    expect({ exitCode, ok }).toEqual({ exitCode: 1, ok: false });
    const { 'sharing.withheldNotice': _, ...named } = tenFaults;
    const expected = [...Object.keys(named), 'sharing.silentApprovedBy'].sort();
    expect(problems.map(({ key }) => key).sort()).toEqual(expected);
  });

  test('that is SILENT and asked for everybody is told by its absence', async () => {
    const silent = { 'sharing.withheldNotice': 'SILENT', 'sharing.silentApprovedBy': 'Dr Fern' };
    expect((await checked(changed({ ...silent, locate: 'pointers' }))).problems).toEqual([]);
    const { problems } = await checked(changed({ ...silent, locate: 'always' }));
    expect(problems.map(({ key }) => key)).toEqual(['locate']);
  });

  test('with ten faults is told to a person in blocks', async () => {
    const { exitCode, out } = await provider('check', file(changed(tenFaults)));
    expect(exitCode).toBe(1);
    expect(
      out.match(/^problem {7}\S+ \(line \d+, column \d+\)\n {2}found .+\n {2}expected .+/gm),
    ).toHaveLength(10);
    expect(out).toContain('10 problems, no warnings');
    expect(out).toContain('`999`\n  expected    an ODS code: 3 to 12 capitals and digits, in quotes');
    expect(out).toContain('rule        Organisation Data Service');
  });

  test('has each problem placed where its key stands', async () => {
    const { problems } = await checked(changed({ 'sharing.validUntil': 'soon', 'limits.bytes': undefined }));
    const lines = good.split('\n');
    const lineOf = (start: string) => lines.findIndex((line) => line.startsWith(start)) + 1;
    expect(problems).toMatchObject([
      { key: 'sharing.validUntil', line: lineOf('  validUntil'), column: 3, found: '`soon`' },
      { key: 'limits.bytes', line: lineOf('limits'), column: 1, found: 'nothing' },
    ]);
  });

  const misuses: [name: string, changes: Record<string, unknown>, key: string, words: string][] = [
    [
      'an agreement that is over',
      { 'sharing.validUntil': daysFromToday(-2) },
      'sharing.validUntil',
      'in force',
    ],
    ['a section twice', { sections: ['RESULTS', 'RESULTS'] }, 'sections.1', 'each one once'],
    ['a partner twice', { 'sharing.partners': ['A', 'B', 'A'] }, 'sharing.partners.2', 'each one once'],
    [
      'a section that its connector cannot carry',
      { sections: ['SOCIAL_CARE'] },
      'sections.0',
      'carries: PROBLEMS',
    ],
    [
      'a key spelled nearly right',
      { 'sharing.partner': ['A'] },
      'sharing.partner',
      'did you mean `sharing.partners`?',
    ],
    ['a key of another group', { baseUrl: 'x' }, 'baseUrl', 'did you mean `system.baseUrl`?'],
    ['a key like no other', { colour: 'red' }, 'colour', 'no such key'],
    ['system beside subgraphUrl', { subgraphUrl: 'https://a.example/b' }, 'subgraphUrl', 'not both'],
    ['neither system nor subgraphUrl', { system: undefined }, 'system', 'either `system` or `subgraphUrl`'],
    ['a section that no system has', { sections: ['XRAYS'] }, 'sections.0', '`fhir-r4` carries: PROBLEMS'],
    ['a number as text', { 'limits.timeoutMs': '1500' }, 'limits.timeoutMs', 'as a number: without quotes'],
    ['text for a number', { 'limits.bytes': 'many' }, 'limits.bytes', 'a whole number from 1000'],
    ['a number for a name', { 'sharing.agreement': 2026 }, 'sharing.agreement', 'in quotes'],
  ];
  test.each(misuses)('%s is a problem', async (_, changes, key, words) => {
    const { exitCode, problems } = await checked(changed(changes));
    expect(exitCode).toBe(1);
    expect(problems).toMatchObject([{ key, expected: expect.stringContaining(words) }]);
  });

  const social = { 'system.connector': 'social-care', sections: ['SOCIAL_CARE', 'RESULTS'] };
  test('asks of social-care only what it carries', async () => {
    expect((await checked(changed(social))).problems).toMatchObject([
      { key: 'sections.1', found: '`RESULTS`' },
    ]);
  });

  test('is not excused by faults elsewhere in the group', async () => {
    const changes = {
      'limits.bytes': 1.5,
      subgraphUrl: 'https://a.example/b',
      sections: ['X', 'SOCIAL_CARE'],
    };
    const { problems } = await checked(changed(changes));
    expect(new Set(problems.map(({ key }) => key))).toEqual(
      new Set(['limits.bytes', 'subgraphUrl', 'sections.0', 'sections.1']),
    );
  });
});

describe('an agreement that ends', () => {
  const report = (validUntil: string) =>
    checkEntry(changed({ 'sharing.validUntil': validUntil }), { today: '2026-03-01', neighbours: null });

  test.each(['2026-03-01', '2026-05-30'])('on %s, within 90 days, is a warning', (validUntil) => {
    const { problems, warnings } = report(validUntil);
    expect(problems).toEqual([]);
    expect(warnings).toMatchObject([
      { key: 'sharing.validUntil', expected: expect.stringContaining('renewal') },
    ]);
  });

  test('later than that is none', () => {
    expect(report('2026-05-31')).toMatchObject({ problems: [], warnings: [] });
  });

  test('yesterday is a problem', () => {
    expect(report('2026-02-28')).toMatchObject({ problems: [{ key: 'sharing.validUntil' }], warnings: [] });
  });

  test('soon leaves the command content', async () => {
    const soon = await checked(changed({ 'sharing.validUntil': daysFromToday(30) }));
    expect(soon).toMatchObject({ exitCode: 0, ok: true, warnings: [{ key: 'sharing.validUntil' }] });
  });
});

describe('a file that is not one YAML document', () => {
  const files: [name: string, content: string | Uint8Array, line: number, found: string][] = [
    ['a syntax error', good.replace('  name: ', '  name: "'), 4, 'a fault: missing closing'],
    ['the same key twice', `${good}locate: always\n`, good.split('\n').length, 'the same key a second time'],
    ['two documents', `${good}---\n${good}`, good.split('\n').length, 'a second document (`---`)'],
    ['an alias', good.replace(/name: .*/, 'name: *name'), 4, 'a YAML alias'],
    ['a tag', good.replace('name: ', 'name: !name '), 4, 'a YAML tag'],
    ['nothing in it', '', 1, 'an empty file'],
    ['only a comment in it', '# later\n', 1, 'an empty value'],
    ['a list', '- provider: x\n', 1, 'a list'],
    ['more than 1 MB', `${good}#${'x'.repeat(1_000_000)}`, 1, `${good.length + 1_000_001} bytes`],
    [
      'bytes of another encoding',
      Buffer.from('provider: x\nname: Café\n', 'latin1'),
      2,
      'bytes that are not UTF-8',
    ],
  ];
  test.each(files)('with %s is a problem', async (_, content, line, found) => {
    const { exitCode, problems, errors } = await checked(content);
    expect({ exitCode, errors }).toEqual({ exitCode: 1, errors: '' });
    expect(problems).toContainEqual(expect.objectContaining({ line, found: expect.stringContaining(found) }));
  });

  test('is told from the start of nesting without end', async () => {
    const { exitCode, problems } = await checked(`a: ${'['.repeat(20_000)}`);
    expect(exitCode).toBe(1);
    expect(problems[0]).toMatchObject({ key: '', found: 'values nested too deeply' });
  });
});

describe('a secret in a file', () => {
  const secret = 'hunter2-Secret';
  const texts: [name: string, yaml: string][] = [
    ['as credentials', changed({ 'system.credentials': secret })],
    ['as credentials in a list', changed({ 'system.credentials': [secret] })],
    [
      'as credentials that break the YAML',
      changed({}).replace('  baseUrl:', `  credentials: "\\q${secret}"\n  baseUrl:`),
    ],
    [
      'as a key within credentials that break the YAML',
      changed({}).replace('  baseUrl:', `  credentials: a: ${secret}: b\n  baseUrl:`),
    ],
    [
      'as an alias or tag',
      changed({}).replace('  baseUrl:', `  credentials: *${secret}\n  x: !${secret}\n  baseUrl:`),
    ],
    [
      'in an address',
      changed({ 'system.baseUrl': `https://me:${secret}@fhir.example/r4?x=${secret}#${secret}` }),
    ],
    ['in an address that is none', changed({ 'system.baseUrl': `https://me:a/${secret}@fhir.example` })],
    ['in an address of another scheme', changed({ subgraphUrl: `me:${secret}@fhir.example` })],
    ['instead of a group', changed({ system: `https://me:${secret}@fhir.example` })],
    ['in an address in a text', changed({ 'organisation.name': `https://me:${secret}@fhir.example` })],
    ['under an unknown key', changed({ 'system.password': secret })],
  ];
  test.each(texts)('%s is not repeated', (_, yaml) => {
    const report = checkEntry(yaml, { today, neighbours: null });
    expect(plainReport('entry.yaml', report) + jsonReport('entry.yaml', report)).not.toContain(secret);
  });

  test('is not repeated by the command', async () => {
    const path = file(
      changed({ 'system.credentials': secret, subgraphUrl: `https://me:${secret}@a.example` }),
    );
    const [plain, json] = [await provider('check', path), await provider('check', '--json', path)];
    expect([plain.exitCode, json.exitCode]).toEqual([1, 1]);
    expect(plain.out + plain.errors + json.out + json.errors).not.toContain(secret);
  });
});

describe('among the entries of a register', () => {
  const northgate = expect.stringContaining('northgate-hospital.yaml');

  test('the same ODS code or the same provider alone is a problem', async () => {
    const id = await checked(changed({ 'organisation.odsCode': 'RXX77' }), '--register', providers);
    expect(id).toMatchObject({ exitCode: 1, problems: [{ key: 'provider', expected: northgate }] });
    const code = await checked(changed({ provider: 'northgate-two' }), '--register', providers);
    expect(code).toMatchObject({
      exitCode: 1,
      problems: [{ key: 'organisation.odsCode', expected: northgate }],
    });
  });

  test('a new version is told which file it replaces', async () => {
    const { exitCode, problems, warnings } = await checked(good, '--register', providers);
    expect({ exitCode, problems }).toEqual({ exitCode: 0, problems: [] });
    expect(warnings).toMatchObject([{ key: 'provider', expected: northgate }]);
  });

  test('a folder called providers is looked at unasked', async () => {
    mkdirSync(join(folder, 'providers'));
    const [one, other] = ['providers/one.yaml', 'providers/other.yaml'].map((name) => file(good, name));
    const twice = await provider('check', one ?? '');
    expect(twice).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('`other.yaml` has the same'),
    });
    writeFileSync(other ?? '', 'broken: [');
    expect(await provider('check', one ?? '')).toMatchObject({ exitCode: 0 });
  });

  test('`data/providers` is looked at unasked from elsewhere', async () => {
    mkdirSync(join(folder, 'data/providers'), { recursive: true });
    file(good, 'data/providers/northgate-hospital.yaml');
    const elsewhere = await provider('check', file(good));
    rmSync(join(folder, 'data'), { recursive: true });
    expect(elsewhere.out).toContain('in the place of `northgate-hospital.yaml`');
    expect(elsewhere.out).toContain('held against data/providers');
    expect((await provider('check', file(good))).out).toContain('held against no register');
  });
});

describe('the register at start', () => {
  function problemsOf(files: Readonly<Record<string, string | Uint8Array>>): readonly string[] {
    const dataDir = mkdtempSync(join(folder, 'data-'));
    mkdirSync(join(dataDir, 'providers'));
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(dataDir, 'providers', name), content);
    }
    try {
      readRegisterFiles(dataDir);
      return [];
    } catch (cause) {
      expect(cause).toBeInstanceOf(RegisterFault);
      return (cause as RegisterFault).message.replaceAll(`${dataDir}/providers/`, '').split('\n');
    }
  }

  test('places its problems as a check does, and names the check', () => {
    const yaml = changed({ 'sharing.validUntil': 'soon' });
    const line = yaml.split('\n').findIndex((each) => each.includes('validUntil: soon')) + 1;
    expect(problemsOf({ 'a.yaml': yaml })).toEqual([
      'the provider register is not usable:',
      expect.stringContaining(`  a.yaml:${line}:3: \`sharing.validUntil\`: found \`soon\``),
      expect.stringContaining('npm run provider -- check <file>'),
    ]);
  });

  test('refuses what a check refuses of a file', () => {
    const latin = Buffer.from('provider: x\nname: Café\n', 'latin1');
    const problems = problemsOf({ 'a.yaml': latin, 'b.yml': '', 'c.yaml': `#${'x'.repeat(1_000_000)}` });
    for (const [index, found] of ['bytes that are not UTF-8', 'an empty file', '1000001 bytes'].entries())
      expect(problems[index + 1]).toContain(`the file: found ${found}`);
  });

  test('names both files of one provider', () => {
    const other = changed({ provider: 'northgate-two' });
    expect(problemsOf({ 'a.yaml': good, 'b.yaml': good, 'c.yaml': other })).toEqual([
      'the provider register is not usable:',
      expect.stringMatching(/^ {2}b\.yaml:1:1: `provider`: .* `a\.yaml` registers it too$/),
      expect.stringMatching(/^ {2}c\.yaml:\d+:3: `organisation\.odsCode`: .* `a\.yaml` has the same$/),
      expect.stringMatching(/^ {2}c\.yaml:\d+:3: `organisation\.odsCode`: .* `b\.yaml` has the same$/),
      expect.stringContaining('npm run provider'),
    ]);
  });

  test('refuses a file of another name, but for README and hidden ones', () => {
    expect(problemsOf({ 'a.yaml': good, 'README.md': 'x', '.gitignore': '*' })).toEqual([]);
    expect(problemsOf({ 'a.yaml': good, 'b.txt': good })[1]).toMatch(
      /^ {2}b\.txt:1:1: the file: found a name/,
    );
  });
});

describe('a subgraph of the provider’s own', () => {
  const own = { system: undefined, subgraphUrl: 'https://a.example/b' };

  test('is warned of sections that nobody can ask for', () => {
    const yaml = changed({ ...own, sections: ['RISKS', 'SOCIAL_CARE', 'DOCUMENTS'] });
    const { problems, warnings } = checkEntry(yaml, { today, neighbours: null });
    expect(problems).toEqual([]);
    expect(warnings).toMatchObject([{ key: 'sections.0', found: '`RISKS`' }]);
    expect(warnings[0]?.expected).toContain('PROBLEMS, MEDICATIONS, ALLERGIES, RESULTS, ENCOUNTERS');
  });

  test('is told the section that was meant', () => {
    const { problems } = checkEntry(changed({ ...own, sections: ['RESULT'] }), { today, neighbours: null });
    expect(problems).toMatchObject([
      { key: 'sections.0', expected: expect.stringContaining('did you mean `RESULTS`?') },
    ]);
  });
});

describe('wrong usage', () => {
  const usages: [name: string, args: string[], said: string][] = [
    ['no command', [], 'Usage: npm run provider'],
    ['an unknown command', ['chek', 'x'], 'chek'],
    ['no file', ['check'], "missing required argument 'file'"],
    ['two files', ['check', 'a', 'b'], 'too many arguments'],
    ['an unknown option', ['check', '--strict', 'a'], '--strict'],
    ['a file that is not there', ['check', join(folder, 'nothing.yaml')], 'there is nothing of this name'],
    ['a folder as the file', ['check', folder], 'not a file'],
    [
      'no such register',
      ['check', '--register', join(folder, 'no'), command],
      'there is nothing of this name',
    ],
  ];
  test.each(usages)('%s ends with 2 and a reason', async (_, args, said) => {
    const { exitCode, out, errors } = await provider(...args);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(errors).toContain(said);
    expect(errors).not.toMatch(/^ {4}at /m);
  });

  test('help is no fault', async () => {
    const { exitCode, out } = await provider('check', '--help');
    expect(exitCode).toBe(0);
    for (const words of ['<file>', '--json', '--register', 'Exit code']) expect(out).toContain(words);
  });
});

describe('any one key', () => {
  const entry: unknown = parse(good);
  const keys = dottedKeys(entry);
  const surroundings = { today, neighbours: null };

  function dottedKeys(value: unknown, path = ''): string[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
    const below = Object.entries(value).flatMap(([key, part]) =>
      dottedKeys(part, path === '' ? key : `${path}.${key}`),
    );
    return path === '' ? below : [path, ...below];
  }

  function namesKeyOrParent(problems: readonly EntryProblem[], key: string): boolean {
    return problems.some((each) => `${each.key}.`.startsWith(`${key}.`) || key.startsWith(`${each.key}.`));
  }

  function expectNamed(yaml: string, key: string): void {
    const report = checkEntry(yaml, surroundings);
    expect(namesKeyOrParent(report.problems, key), `${key} in ${stringify(report.problems)}`).toBe(true);
    expect(plainReport('entry.yaml', report)).not.toMatch(/^ {4}at |undefined|\[object/m);
  }

  test.each(keys)('`%s` that is missing is named', (key) => {
    expectNamed(changed({ [key]: undefined }), key);
  });

  const never = fc.oneof(
    fc.constantFrom(null, '', ' ', true, -1, 0.5, [], {}, [[]], [null], 'x'.repeat(201)),
    fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }),
    fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 3 }),
  );
  test('that is corrupted is named', () => {
    fc.assert(
      fc.property(fc.constantFrom(...keys), never, (key, value) =>
        expectNamed(changed({ [key]: value }), key),
      ),
      { numRuns: 300 },
    );
  });

  test('that is renamed is named', () => {
    fc.assert(
      fc.property(fc.constantFrom(...keys), (key) => {
        const renamed = `${key}x`;
        const value = parseDocument(good).getIn(key.split('.'));
        const yaml = changed({ [key]: undefined, [renamed]: value });
        expectNamed(yaml, key);
        expect(namesKeyOrParent(checkEntry(yaml, surroundings).problems, renamed)).toBe(true);
      }),
    );
  });

  test('cut out of the text anywhere never throws', () => {
    const cut = fc.tuple(fc.nat(good.length), fc.nat(40), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(cut, ([start, length, put]) => {
        const yaml = good.slice(0, start) + put + good.slice(start + length);
        expect(plainReport('entry.yaml', checkEntry(yaml, surroundings))).not.toMatch(/^ {4}at |undefined/m);
      }),
      { numRuns: 300 },
    );
  });
});

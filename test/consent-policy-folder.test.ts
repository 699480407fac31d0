import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { loadPolicy, PolicyFault, unreadableFacts } from '../consent-policy/policy.ts';
import { bestFacts } from './consent-policy-statement.ts';

const shipped = fileURLToPath(new URL('../consent-policy/policies/', import.meta.url));
const world = mkdtempSync(join(tmpdir(), 'suture-policies-'));
afterAll(() => rmSync(world, { recursive: true }));

/** A copy of the shipped folder in which some files are replaced, or removed by null. */
function folderWith(files: Readonly<Record<string, string | null>>): URL {
  const path = mkdtempSync(join(world, 'folder-'));
  cpSync(shipped, path, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    if (text === null) rmSync(join(path, name));
    else writeFileSync(join(path, name), text);
  }
  return pathToFileURL(path);
}

function problemsOf(folder: URL): readonly string[] {
  try {
    loadPolicy(folder);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(PolicyFault);
    expect(error).toHaveProperty('code', 'POLICY_INVALID');
    return (error as PolicyFault).problems;
  }
}

const forbid = (id: string, condition: string) =>
  `// A rule of the region.\n@id("${id}")\nforbid (principal, action, resource) when { ${condition} };\n`;

test('a copy of the folder decides with the same version', () => {
  expect(loadPolicy(folderWith({})).version).toBe(loadPolicy().version);
});

test('a region may add a rule that refuses', () => {
  const added = loadPolicy(
    folderWith({ 'no-legal.cedar': forbid('no-legal', 'context.section == Section::"legal"') }),
  );
  expect(added.decide(bestFacts('doctor', 'legal'))).toEqual({ allowed: false, policies: ['no-legal'] });
  expect(added.decide(bestFacts('doctor', 'person')).allowed).toBe(true);
  expect(added.version).not.toBe(loadPolicy().version);
});

test('two policies in one process keep apart', () => {
  const open = loadPolicy();
  const closed = loadPolicy(folderWith({ 'never.cedar': forbid('never', 'true') }));
  expect(closed.decide(bestFacts('nurse', 'person')).policies).toEqual(['never']);
  expect(open.decide(bestFacts('nurse', 'person')).allowed).toBe(true);
});

test('a rule that fails while it decides refuses', () => {
  const failing = loadPolicy(folderWith({ 'sum.cedar': forbid('sum', '9223372036854775807 + 1 < 0') }));
  expect(failing.decide(bestFacts('doctor', 'person'))).toBe(unreadableFacts);
});

test('hidden files in the folder are passed over', () => {
  expect(problemsOf(folderWith({ '..data': 'x' }))).toEqual([]);
});

test('every problem of a folder is listed at once', () => {
  const problems = problemsOf(
    folderWith({
      'dissent.cedar': null,
      'training.cedar': '',
      'purpose.cedar': 'forbid (',
      'deceased.cedar': forbid('dead', 'context.label == Label::"none"'),
      'sensitive.cedr': '',
    }),
  );
  expect(problems).toEqual([
    '`sensitive.cedr`: neither a policy (`.cedar`) nor `schema.cedarschema`',
    '`dissent.cedar`: missing',
    '`deceased.cedar`: must carry `@id("deceased")`',
    expect.stringContaining('`purpose.cedar`: '),
    expect.stringContaining('`training.cedar`: '),
  ]);
});

const invalid: readonly [string, Readonly<Record<string, string | null>>, RegExp][] = [
  ['a misspelt word', { 'x.cedar': forbid('x', 'context.role == Role::"docter"') }, /`x\.cedar`: .*docter/],
  ['an unknown fact', { 'x.cedar': forbid('x', 'context.rôle == Role::"doctor"') }, /`x\.cedar`: /],
  ['a word of another fact', { 'x.cedar': forbid('x', 'context.role == Label::"none"') }, /`x\.cedar`: /],
  ['a rule that never applies', { 'x.cedar': forbid('x', 'false') }, /`x\.cedar`: .*impossible/],
  [
    'two policies in one file',
    { 'x.cedar': forbid('x', 'true') + forbid('y', 'true') },
    /`x\.cedar`: .*one policy a file/,
  ],
  [
    'a second rule that permits',
    { 'x.cedar': '@id("x")\npermit (principal, action, resource);' },
    /`x\.cedar`: `role` permits, every other/,
  ],
  ['a matrix that forbids', { 'role.cedar': forbid('role', 'true') }, /`role\.cedar`: `role` permits/],
  [
    'a template',
    { 'x.cedar': '@id("x")\nforbid (principal == ?principal, action, resource);' },
    /`x\.cedar`: /,
  ],
  ['no schema', { 'schema.cedarschema': null }, /`schema\.cedarschema`: missing/],
  ['a broken schema', { 'schema.cedarschema': 'entity' }, /`schema\.cedarschema`: /],
];

test.for(invalid)('a folder with %s is refused', ([, files, problem]) => {
  const problems = problemsOf(folderWith(files));
  expect(problems).toEqual(expect.arrayContaining([expect.stringMatching(problem)]));
});

test('a misspelt word is told the word that was meant', () => {
  const files = {
    'x.cedar': forbid('x', 'context.section == Section::"problemz"'),
    'y.cedar': forbid('y', 'context.section == Section::"zzzz"'),
  };
  expect(problemsOf(folderWith(files))).toEqual([
    '`x.cedar`: `problemz` is no word of `Section` (did you mean `problems`?)',
    '`y.cedar`: `zzzz` is no word of `Section` (the words stand in `schema.cedarschema`)',
  ]);
});

test('a fault says its problems one per line', () => {
  const load = () => loadPolicy(folderWith({ 'dissent.cedar': null, 'purpose.cedar': null }));
  expect(load).toThrow(
    'the consent policy is not valid:\n  `purpose.cedar`: missing\n  `dissent.cedar`: missing',
  );
});

test('a schema with other words is refused', () => {
  const schema = `entity Requester; entity PatientRecord; entity Role enum ["doctor"];
    action release appliesTo { principal: [Requester], resource: [PatientRecord], context: { role?: Role } };`;
  expect(problemsOf(folderWith({ 'schema.cedarschema': schema }))).toEqual(
    expect.arrayContaining([
      '`schema.cedarschema`: `Role` must enumerate exactly the words of vocabulary.ts',
      '`schema.cedarschema`: `Label` must enumerate exactly the words of vocabulary.ts',
      '`schema.cedarschema`: the context of `release` must be exactly the facts of vocabulary.ts',
    ]),
  );
});

test('a folder that is not there is refused', () => {
  expect(problemsOf(pathToFileURL(join(world, 'nowhere')))).toEqual(['the folder cannot be read']);
});

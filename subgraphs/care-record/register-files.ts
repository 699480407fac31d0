import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SharingAgreement } from '../../consent-policy/agreement.ts';
import { type EntryDocument, readEntryDocument } from './entry-document.ts';
import { problemOf } from './entry-problem.ts';
import { type EntryProblem, type RegisterEntry, readRegisterEntry } from './register-entry.ts';
import { clashes, identityOf, type Registered } from './registered.ts';
import { FileUnreadable, readEntryText } from './text-file.ts';

/** The register cannot be used; the message lists every problem of every file. */
export class RegisterFault extends Error {
  readonly code = 'REGISTER_INVALID';

  constructor(problems: readonly string[]) {
    super(
      [
        'the provider register is not usable:',
        ...problems.map((problem) => `  ${problem}`),
        'to check one file again without a start: npm run provider -- check <file>',
      ].join('\n'),
    );
    this.name = 'RegisterFault';
  }
}

interface EntryFile {
  readonly file: string;
  /** Null where the file is no text. */
  readonly document: EntryDocument | null;
  readonly entry: RegisterEntry | null;
  readonly problems: readonly EntryProblem[];
}

/**
 * Reads every entry in `providers/` of a data folder, or throws a `RegisterFault`; no such folder is an empty register.
 * Whoever calls the providers' systems says which secrets are set; without a credential that it names no entry is used.
 */
export function readRegisterFiles(
  dataDir: string,
  isSecretSet: (name: string) => boolean = () => true,
): readonly RegisterEntry[] {
  const files = entryFiles(join(dataDir, 'providers')).map(readEntryFile);
  const known: Registered[] = [];
  const problems = files.flatMap((each) => {
    const further = [...clashProblems(each, known), ...secretProblems(each, isSecretSet)];
    if (each.document) known.push(identityOf(each.file, each.document));
    return [...each.problems, ...further].map((problem) => placedSentence(each.file, problem));
  });
  if (problems.length > 0) throw new RegisterFault(problems);
  return files.flatMap(({ entry }) => (entry ? [entry] : []));
}

/** One problem of a file as a sentence that begins with its place, as editors and terminals link it. */
export function placedSentence(file: string, { line, column, ...problem }: EntryProblem): string {
  return `${file}:${line}:${column}: ${problemSentence(problem)}`;
}

function problemSentence({ key, found, expected }: Pick<EntryProblem, 'key' | 'found' | 'expected'>): string {
  return `${key === '' ? 'the file' : `\`${key}\``}: found ${found}, expected ${expected}`;
}

/** What a register entry agrees to release. */
export function agreementOf({ organisation, sharing, sections }: RegisterEntry): SharingAgreement {
  return {
    odsCode: organisation.odsCode,
    purposes: sharing.purposes,
    sections,
    partners: sharing.partners,
    validUntil: sharing.validUntil,
  };
}

/** Whether a file of the register's folder is an entry by its name. */
export function isEntryName(name: string): boolean {
  return /\.ya?ml$/.test(name);
}

/** Everything in the folder that is, or was perhaps meant to be, an entry. */
function entryFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && !name.startsWith('README'))
    .sort()
    .map((name) => join(folder, name));
}

function readEntryFile(file: string): EntryFile {
  const nothing = { file, document: null, entry: null };
  if (!isEntryName(file)) return { ...nothing, problems: [strangeName] };
  const read = textOf(file);
  if ('problem' in read) return { ...nothing, problems: [read.problem] };
  const result = readRegisterEntry(read.text);
  return {
    file,
    document: readEntryDocument(read.text),
    entry: 'entry' in result ? result.entry : null,
    problems: 'problems' in result ? result.problems : [],
  };
}

const strangeName: EntryProblem = {
  key: '',
  line: 1,
  column: 1,
  found: 'a name that ends neither in `.yaml` nor in `.yml`',
  expected: 'register entries only, and `README` or hidden files',
  rule: 'README, “Register a provider”',
};

function textOf(file: string): ReturnType<typeof readEntryText> {
  try {
    return readEntryText(file);
  } catch (cause) {
    if (!(cause instanceof FileUnreadable)) throw cause;
    return { problem: { ...strangeName, found: cause.why, expected: 'a file that can be read' } };
  }
}

function clashProblems({ document }: EntryFile, known: readonly Registered[]): readonly EntryProblem[] {
  if (!document) return [];
  return clashes(document, known).map(({ path, file, isSame }) =>
    problemOf(document, path, {
      expected: isSame
        ? `each provider in one file; \`${file}\` registers it too`
        : `one of its own; \`${file}\` has the same`,
    }),
  );
}

function secretProblems(
  { document, entry }: EntryFile,
  isSecretSet: (name: string) => boolean,
): readonly EntryProblem[] {
  const name = entry?.system?.credentials;
  if (!document || !entry || name === undefined || isSecretSet(name)) return [];
  return [
    problemOf(document, ['system', 'credentials'], {
      found: `that \`${name}\` is not set`,
      expected: `the credential of \`${entry.provider}\` in the environment variable \`${name}\``,
    }),
  ];
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SharingAgreement } from '../../consent-policy/agreement.ts';
import { type EntryProblem, type RegisterEntry, readRegisterEntry } from './register-entry.ts';

/** The register cannot be used; the message lists every problem of every file. */
export class RegisterFault extends Error {
  readonly code = 'REGISTER_INVALID';

  constructor(problems: readonly string[]) {
    super(`the provider register is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'RegisterFault';
  }
}

/** Reads every `providers/*.yaml` of a data folder, or throws a `RegisterFault`; no such folder is an empty register. */
export function readRegisterFiles(dataDir: string): readonly RegisterEntry[] {
  const read = registerFiles(dataDir).map((file) => ({
    file,
    result: readRegisterEntry(readFileSync(file, 'utf8')),
  }));
  const entries = read.flatMap(({ result }) => ('entry' in result ? [result.entry] : []));
  const problems = [
    ...read.flatMap(({ file, result }) =>
      'problems' in result ? result.problems.map((problem) => `${file}: ${problemSentence(problem)}`) : [],
    ),
    ...repeated(entries.map(({ provider }) => provider)).map(
      (name) => `provider \`${name}\` stands in two files`,
    ),
    ...repeated(entries.map(({ organisation }) => organisation.odsCode)).map(
      (code) => `ODS code \`${code}\` stands in two files`,
    ),
  ];
  if (problems.length > 0) throw new RegisterFault(problems);
  return entries;
}

/** One problem of a register entry as a sentence. */
export function problemSentence({ key, found, expected }: EntryProblem): string {
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

function registerFiles(dataDir: string): readonly string[] {
  const folder = join(dataDir, 'providers');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function repeated(words: readonly string[]): readonly string[] {
  return words.filter((word, index) => words.indexOf(word) !== index);
}

import { isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { EntryProblem } from '../subgraphs/care-record/entry-problem.ts';
import { identityOf, type Registered } from './provider-check.ts';

/** A file or folder that was named cannot be read. */
export class FileUnreadable extends Error {
  readonly code = 'FILE_UNREADABLE';

  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`cannot read \`${path}\`: ${why}`, options);
    this.name = 'FileUnreadable';
  }
}

/** A file's text, or why it is none. */
export type EntryText = { readonly yaml: string } | { readonly problem: EntryProblem };

const limitBytes = 1_000_000;

/** Reads a file of at most 1 MB of UTF-8, or throws `FileUnreadable`. */
export function readEntryText(file: string): EntryText {
  const size = orUnreadable(file, () => {
    const stat = statSync(file);
    if (!stat.isFile()) throw new FileUnreadable(file, 'not a file');
    return stat.size;
  });
  if (size > limitBytes) return fileProblem(`${size} bytes`, `at most ${limitBytes} bytes`);
  const bytes = orUnreadable(file, () => readFileSync(file));
  if (!isUtf8(bytes)) return fileProblem('bytes that are not UTF-8', 'text in UTF-8', firstBadLine(bytes));
  const yaml = new TextDecoder().decode(bytes);
  return yaml.trim() === '' ? fileProblem('an empty file', 'a register entry') : { yaml };
}

/** The other entries of a register: of `folder`, or of the file's own folder where that is called `providers`. */
export function registeredBeside(file: string, folder: string | undefined): readonly Registered[] {
  const own = dirname(resolve(file));
  const register = folder ?? (basename(own) === 'providers' ? own : null);
  if (register === null) return [];
  return orUnreadable(register, () => readdirSync(register))
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(register, name))
    .filter((other) => orUnreadable(other, () => realpathSync(other)) !== realpathSync(file))
    .flatMap((other) => {
      const text = readEntryText(other);
      return 'yaml' in text ? [identityOf(basename(other), text.yaml)] : [];
    });
}

function fileProblem(found: string, expected: string, line = 1): EntryText {
  return { problem: { key: '', line, column: 1, found, expected, rule: 'README, “Register a provider”' } };
}

function firstBadLine(bytes: Buffer): number {
  const [before = ''] = bytes.toString('utf8').split('\uFFFD');
  return before.split('\n').length;
}

function orUnreadable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof FileUnreadable) throw cause;
    throw new FileUnreadable(path, reasons[codeOf(cause)] ?? 'it cannot be opened', { cause });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is nothing of this name',
  ENOTDIR: 'not a folder',
  EACCES: 'no permission',
};

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

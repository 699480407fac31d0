import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import type { EntryProblem } from './entry-problem.ts';

/** A file or folder that was named cannot be read. */
export class FileUnreadable extends Error {
  readonly code = 'FILE_UNREADABLE';
  readonly why: string;

  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`cannot read \`${path}\`: ${why}`, options);
    this.name = 'FileUnreadable';
    this.why = why;
  }
}

/** A file's text, or why it is none. */
export type FileText = { readonly text: string } | { readonly problem: EntryProblem };

const entryLimitBytes = 1_000_000;

/** Reads a file of UTF-8 up to a size, or throws `FileUnreadable`. */
export function readTextFile(file: string, limitBytes: number): FileText {
  const size = orUnreadable(file, () => {
    const stat = statSync(file);
    if (!stat.isFile()) throw new FileUnreadable(file, 'not a file');
    return stat.size;
  });
  if (size > limitBytes) return fileProblem(`${size} bytes`, `at most ${limitBytes} bytes`);
  const bytes = orUnreadable(file, () => readFileSync(file));
  if (isUtf8(bytes)) return { text: new TextDecoder().decode(bytes) };
  return fileProblem('bytes that are not UTF-8', 'text in UTF-8', firstBadLine(bytes));
}

/** Reads the text of a register entry: at most 1 MB, and not empty. */
export function readEntryText(file: string): FileText {
  const read = readTextFile(file, entryLimitBytes);
  return 'text' in read && read.text.trim() === '' ? fileProblem('an empty file', 'a register entry') : read;
}

/** Does what reads a path, or throws `FileUnreadable` with the reason in words. */
export function orUnreadable<T>(path: string, read: () => T): T {
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

function fileProblem(found: string, expected: string, line = 1): FileText {
  return { problem: { key: '', line, column: 1, found, expected, rule: 'README, “Register a provider”' } };
}

function firstBadLine(bytes: Buffer): number {
  const [before = ''] = bytes.toString('utf8').split('\uFFFD');
  return before.split('\n').length;
}

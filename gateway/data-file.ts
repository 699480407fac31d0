import { existsSync } from 'node:fs';
import type * as z from 'zod';
import { type EntryDocument, readEntryDocument } from '../subgraphs/care-record/entry-document.ts';
import {
  type EntryProblem,
  expectedWords,
  inFileOrder,
  problemOf,
} from '../subgraphs/care-record/entry-problem.ts';
import { placedSentence } from '../subgraphs/care-record/register-files.ts';
import { FileUnreadable, readTextFile } from '../subgraphs/care-record/text-file.ts';

/** Files of the data folder cannot be used; the message has every problem with its place, never a value. */
export class DataFileFault extends Error {
  readonly code = 'DATA_FILE_INVALID';

  constructor(problems: readonly string[]) {
    super(`the data folder is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'DataFileFault';
  }
}

/** What a file says, or every problem in it as a sentence; null for a file that is not there. */
export type DataFile<T> = { readonly rows: readonly T[] | null } | { readonly problems: readonly string[] };

const limitBytes = 100_000_000;

/** Reads a YAML file that is a list of rows; an empty file is an empty list. */
export function readDataFile<T>(file: string, row: z.ZodType<T>): DataFile<T> {
  if (!existsSync(file)) return { rows: null };
  try {
    const read = readTextFile(file, limitBytes);
    if ('problem' in read) return { problems: [sentence(file, read.problem)] };
    return rowsOf(file, readEntryDocument(read.text), row);
  } catch (cause) {
    if (cause instanceof FileUnreadable) return { problems: [cause.message] };
    throw cause;
  }
}

function rowsOf<T>(file: string, document: EntryDocument, row: z.ZodType<T>): DataFile<T> {
  const problems = (more: readonly EntryProblem[]) => ({
    problems: inFileOrder([...document.problems, ...more]).map((problem) => sentence(file, problem)),
  });
  if (!document.isReadable) return problems([]);
  const result = row.array().safeParse(document.value ?? [], { error: expectedWords });
  if (result.success && document.problems.length === 0) return { rows: result.data };
  return problems((result.error?.issues ?? []).flatMap((issue) => issueProblems(issue, document)));
}

/** One of the schema's complaints, with the kind of what was found instead of what it says. */
function issueProblems(issue: z.core.$ZodIssue, document: EntryDocument): readonly EntryProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      problemOf(document, [...issue.path, key], {
        found: 'a key that is not known',
        expected: 'no such key',
      }),
    );
  }
  const value = document.at(issue.path);
  // YAML reads an NHS number without quotes as a number, and `no` as something else than a person may mean.
  const isUnquoted =
    issue.code === 'invalid_type' &&
    issue.expected === 'string' &&
    ['number', 'boolean'].includes(typeof value);
  const expected = isUnquoted ? 'text: put it in quotes' : issue.message;
  return [problemOf(document, issue.path, { found: kindOf(value), expected })];
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null || value === '') return 'an empty value';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return kinds[typeof value] ?? 'another value';
}

const kinds: Partial<Record<string, string>> = {
  string: 'other text',
  number: 'a number',
  boolean: '`true` or `false`',
  object: 'a group of keys',
};

/** Whoever puts a value where a key belongs does not see it repeated: rows have numbers, and keys are plain words. */
function sentence(file: string, problem: EntryProblem): string {
  const words = problem.key.split('.').map((word) => (/^(\d{0,6}|[A-Za-z]{1,30})$/.test(word) ? word : '…'));
  return placedSentence(file, { ...problem, key: words.join('.') });
}

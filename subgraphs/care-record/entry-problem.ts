import { suggestionList } from 'graphql/jsutils/suggestionList.js';
import * as z from 'zod';
import type { EntryDocument } from './entry-document.ts';

type Path = readonly PropertyKey[];

/** Where something stands in a file, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong in a register entry. */
export interface EntryProblem extends Place {
  /** Dotted path, e.g. `sharing.validUntil`; empty for the file as a whole. */
  readonly key: string;
  readonly found: string;
  readonly expected: string;
  /** Where the rule comes from, in a word. */
  readonly rule: string;
}

/** A problem at a path of a document. */
export function problemOf(
  document: EntryDocument,
  path: Path,
  said: { readonly found?: string; readonly expected: string; readonly rule?: string },
): EntryProblem {
  return {
    key: shownKey(path),
    ...document.placeOf(path),
    found: said.found ?? found(document, path),
    expected: said.expected,
    rule: said.rule ?? ruleOf(path),
  };
}

/** The schema's complaints as problems: one for each key and expectation. */
export function schemaProblems(
  issues: readonly z.core.$ZodIssue[],
  document: EntryDocument,
  schema: z.ZodType,
): readonly EntryProblem[] {
  const problems = issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [issueProblem(issue, document)];
    return issue.keys.map((key) => unknownKey(document, [...issue.path, key], schema));
  });
  return [...new Map(problems.map((each) => [`${each.key} ${each.expected}`, each])).values()];
}

/** Problems in the order of the file. */
export function inFileOrder(problems: readonly EntryProblem[]): readonly EntryProblem[] {
  return problems.toSorted((one, other) => one.line - other.line || one.column - other.column);
}

/** What a schema expects where it does not say so itself. */
export function expectedWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return oneOf(issue.values.map(String), String(issue.input));
    case 'invalid_type':
      return typeWords[issue.expected] ?? `a value of type ${issue.expected}`;
    default:
      return 'another value';
  }
}

/** Of a long list the word that was meant is enough, where one is near. */
function oneOf(words: readonly string[], written: string): string {
  const [near] = words.length > listedWords ? suggestionList(written, words) : [];
  if (near !== undefined) return `one of ${words.length} words; did you mean \`${near}\`?`;
  const listed = words.map((word) => `\`${word}\``).join(', ');
  return words.length === 1 ? listed : `one of ${listed}`;
}

const listedWords = 12;

/** A value for a person to read: short, on one line, without a user or password in an address. */
export function shownText(text: string): string {
  const safe = text.replaceAll(/\/\/\S*@/g, '//…@').replaceAll(/\p{C}/gu, '·');
  return safe.length > 80 ? `${safe.slice(0, 79)}…` : safe;
}

/** A path as people write it: `sharing.partners.0`. */
export function shownKey(path: Path): string {
  return path.map((segment) => shownText(String(segment))).join('.');
}

const typeWords: Partial<Record<string, string>> = {
  object: 'a group of keys',
  array: 'a list, e.g. `[ONE, OTHER]`',
  string: 'text',
};

const guide = 'README, “Register a provider”';

/** Where rules come from that are not ours alone. */
const ruleSources: readonly (readonly [key: string, source: string])[] = [
  ['organisation.odsCode', 'Organisation Data Service'],
  ['sharing', 'sharing agreement'],
];

function ruleOf(path: Path): string {
  const key = path.join('.');
  return ruleSources.find(([start]) => key === start || key.startsWith(`${start}.`))?.[1] ?? guide;
}

function issueProblem(issue: z.core.$ZodIssue, document: EntryDocument): EntryProblem {
  const value = document.at(issue.path);
  const expectedType = issue.code === 'invalid_type' ? issue.expected : null;
  const isGroup = expectedType === 'object' || expectedType === 'array';
  const isSingle = value !== undefined && value !== null && typeof value !== 'object';
  const isText = expectedType === 'number' && typeof value === 'string' && value !== '';
  return problemOf(document, issue.path, {
    ...(isGroup && isSingle ? { found: 'a single value' } : {}),
    ...(isText ? { found: `the text ${found(document, issue.path)}` } : {}),
    expected: `${issue.message}${quotesAdvice(expectedType, value)}`,
  });
}

/** YAML reads `999` as a number, `"999"` as text, and `no` and `1E5` as something else than a person means. */
function quotesAdvice(expectedType: string | null, value: unknown): string {
  const isSingle = value !== undefined && value !== null && typeof value !== 'object';
  if (expectedType === 'string' && isSingle) return ', in quotes';
  const isNumber = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));
  return expectedType === 'number' && isNumber ? ', as a number: without quotes' : '';
}

function unknownKey(document: EntryDocument, path: Path, schema: z.ZodType): EntryProblem {
  const meant = nearestKey(path, schema);
  return problemOf(document, path, {
    found: 'a key that is not known',
    expected: meant === undefined ? 'no such key' : `did you mean \`${meant}\`?`,
    rule: guide,
  });
}

/** The key that was meant: one spelled nearly so in the same group, or the same word in another group. */
function nearestKey(path: Path, schema: z.ZodType): string | undefined {
  const name = String(path.at(-1));
  const group = path.slice(0, -1);
  const all = dottedKeys(schema);
  const siblings = all
    .filter((key) => key.length === path.length && group.every((word, index) => key[index] === word))
    .map((key) => key.at(-1) ?? '');
  const [near] = suggestionList(name, siblings);
  if (near !== undefined) return [...group, near].join('.');
  return all.find((key) => key.at(-1) === name)?.join('.');
}

function dottedKeys(schema: z.ZodType, path: readonly string[] = []): readonly (readonly string[])[] {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  if (!(inner instanceof z.ZodObject)) return [path];
  const shape: Readonly<Record<string, z.ZodType>> = inner.shape;
  const below = Object.entries(shape).flatMap(([key, part]) => dottedKeys(part, [...path, key]));
  return path.length === 0 ? below : [path, ...below];
}

/** What stands at a path. Whatever could be a secret is not repeated. */
function found(document: EntryDocument, path: Path): string {
  const value = document.at(path);
  if (value === undefined) return 'nothing';
  if (value === null || value === '') return 'an empty value';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a group of keys';
  const key = path.join('.');
  if (key === 'system.credentials') return 'something else, not repeated here';
  const text = document.writtenAt(path) ?? String(value);
  return addressKeys.has(key) ? shownAddress(text) : `\`${shownText(text)}\``;
}

const addressKeys: ReadonlySet<string> = new Set(['system.baseUrl', 'subgraphUrl']);

/** An address without what may be secret in it: user, password, query, fragment. */
function shownAddress(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return 'something that is not a web address';
  const left = [
    ...(url.username !== '' || url.password !== '' ? ['a user or password'] : []),
    ...(url.search !== '' ? ['a query'] : []),
    ...(url.hash !== '' ? ['a fragment'] : []),
  ];
  const shown = `\`${shownText(`${url.protocol}//${url.host}${url.pathname}`)}\``;
  return left.length === 0 ? shown : `${shown} with ${left.join(' and ')}`;
}

import {
  type Document,
  type ErrorCode,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { type EntryProblem, type Place, shownKey } from './entry-problem.ts';

type Path = readonly PropertyKey[];

/** One YAML file, with the place of everything in it. */
export interface EntryDocument {
  /** What the file says, or undefined where its YAML cannot be read. */
  readonly value: unknown;
  /** What is wrong with the YAML itself: with some of it, `value` can be read all the same. */
  readonly problems: readonly EntryProblem[];
  readonly isReadable: boolean;
  /** Where a key stands, or the nearest group that it is missing from. */
  placeOf(path: Path): Place;
  /** The value at a path, or undefined. */
  at(path: Path): unknown;
  /** A single value as it is written, without quotes, e.g. `1E5` where YAML reads a number. */
  writtenAt(path: Path): string | undefined;
}

/** Reads one YAML 1.2 file; whatever is wrong with it is in `problems`, nothing is thrown. */
export function readEntryDocument(yaml: string): EntryDocument {
  const lines = new LineCounter();
  // Any level quieter than this one does not report a second document.
  const document = parseDocument(yaml, { lineCounter: lines, merge: false, logLevel: 'error' });
  const aliases = aliasOffsets(document);
  const isReadable = aliases.length === 0 && document.errors.every(({ code }) => harmless.has(code));
  const value: unknown = isReadable ? document.toJS() : undefined;
  const found = (path: Path) => walk(document.contents, path);
  return {
    value,
    isReadable,
    problems: onePerLine([
      ...[...document.errors, ...document.warnings].map((error) => yamlProblem(error, document, lines)),
      ...aliases.map((offset) => problemAt(aliasWords, keyAt(document.contents, offset), offset, lines)),
    ]),
    placeOf: (path) => placeAt(found(path).offset, lines),
    at: (path) => path.reduce<unknown>(member, value),
    writtenAt: (path) => {
      const { node, isWhole } = found(path);
      return isWhole && isScalar(node) ? node.source : undefined;
    },
  };
}

interface Words {
  readonly found: string;
  readonly expected: string;
}

/** Faults that leave no doubt about what the rest of the file says. */
const harmless: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['DUPLICATE_KEY', 'MULTIPLE_DOCS']);

/** Faults of YAML that leave its keys in no doubt. */
const aboutKeys: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED']);

/** Words for faults whose own message could repeat what the file says, a secret perhaps, or says too little. */
const words: Partial<Record<ErrorCode, Words>> = {
  DUPLICATE_KEY: { found: 'the same key a second time', expected: 'each key once' },
  MULTIPLE_DOCS: { found: 'a second document (`---`)', expected: 'one document per file' },
  TAG_RESOLVE_FAILED: {
    found: 'a YAML tag',
    expected: 'a plain value; one that begins with `!` stands in quotes',
  },
  BAD_DQ_ESCAPE: {
    found: 'an unknown escape in double quotes',
    expected: 'single quotes around a value with backslashes',
  },
  BAD_DIRECTIVE: { found: 'a YAML directive (`%`)', expected: 'none: YAML 1.2 without directives' },
  UNEXPECTED_TOKEN: { found: 'something that YAML does not allow here', expected: 'YAML' },
  RESOURCE_EXHAUSTION: { found: 'values nested too deeply', expected: 'a few levels at most' },
};

const aliasWords: Words = {
  found: 'a YAML alias',
  expected: 'every value written out; one that begins with `*` stands in quotes',
};

/** Noticed at the end of the file, but it is the beginning of the quote that a person looks for. */
const openQuote = /^Missing closing ['"]quote/;

function yamlProblem(
  { code, message, pos }: YAMLError,
  document: Document,
  lines: LineCounter,
): EntryProblem {
  // Where the YAML is broken, what looks like a key may be part of a value, a secret perhaps.
  const path = aboutKeys.has(code) ? keyAt(document.contents, pos[0]) : [];
  const offset = openQuote.test(message) ? lastStart(document.contents, pos[0]) : pos[0];
  return problemAt(words[code] ?? { found: libraryWords(message), expected: 'YAML' }, path, offset, lines);
}

function problemAt(said: Words, path: Path, offset: number, lines: LineCounter): EntryProblem {
  return { key: shownKey(path), ...placeAt(offset, lines), ...said, rule: 'YAML 1.2' };
}

function libraryWords(message: string): string {
  const [sentence = ''] = message.split(/ at line \d|\n/);
  return `a fault: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`;
}

/** One mistake often makes several errors: the first of a line is said. */
function onePerLine(problems: readonly EntryProblem[]): readonly EntryProblem[] {
  return [...new Map(problems.toReversed().map((problem) => [problem.line, problem])).values()].toReversed();
}

function aliasOffsets(document: Document): readonly number[] {
  const offsets: number[] = [];
  visit(document, { Alias: (_, alias) => void offsets.push(alias.range?.[0] ?? 0) });
  return offsets;
}

function placeAt(offset: number, lines: LineCounter): Place {
  const { line, col } = lines.linePos(offset);
  return line === 0 ? { line: 1, column: 1 } : { line, column: col };
}

/** Follows a path as far as it goes. Of a key that stands twice, the last one counts, as in `value`. */
function walk(root: unknown, path: Path): { node: unknown; offset: number; isWhole: boolean } {
  let [node, offset] = [root, 0];
  for (const segment of path) {
    const step = children(node).findLast(({ name }) => name === String(segment));
    if (step === undefined) return { node, offset, isWhole: false };
    ({ node, offset } = step);
  }
  return { node, offset, isWhole: true };
}

/** The path of the key that an offset belongs to. */
function keyAt(node: unknown, offset: number, path: Path = []): Path {
  const step = children(node).findLast((child) => child.offset <= offset);
  return step === undefined ? path : keyAt(step.node, offset, [...path, step.name]);
}

/** Where the last value before an offset begins. */
function lastStart(node: unknown, offset: number): number {
  const step = children(node).findLast((child) => child.offset <= offset);
  return step === undefined ? startOf(node) : lastStart(step.node, offset);
}

function children(node: unknown): { name: string; node: unknown; offset: number }[] {
  if (isSeq(node)) {
    return node.items.map((item, index) => ({ name: String(index), node: item, offset: startOf(item) }));
  }
  if (!isMap(node)) return [];
  return node.items.map(({ key, value }) => ({ name: nameOf(key), node: value, offset: startOf(key) }));
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function member(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}

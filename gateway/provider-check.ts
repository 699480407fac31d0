import * as z from 'zod';
import { sections } from '../consent-policy/vocabulary.ts';
import { type EntryDocument, readEntryDocument } from '../subgraphs/care-record/entry-document.ts';
import {
  type EntryProblem,
  inFileOrder,
  problemOf,
  shownText,
} from '../subgraphs/care-record/entry-problem.ts';
import { connectors } from '../subgraphs/care-record/provider/connectors/connectors.ts';
import {
  connectorNames,
  type RegisterEntry,
  readRegisterEntry,
  sectionWord,
} from '../subgraphs/care-record/register-entry.ts';

/** What another file of the register says of itself, as far as it can be read. */
export interface Registered {
  readonly file: string;
  readonly provider: unknown;
  readonly odsCode: unknown;
}

/** What a file is held against besides the rules of a register entry. */
export interface Surroundings {
  /** ISO date. */
  readonly today: string;
  readonly registered: readonly Registered[];
}

/** What is wrong with a file, and what will be. */
export interface CheckReport {
  /** Null where the file breaks a rule of a register entry. */
  readonly entry: RegisterEntry | null;
  readonly problems: readonly EntryProblem[];
  readonly warnings: readonly EntryProblem[];
}

/** Checks one file's text: the rules that the gateway has at start, and those about today, connectors and other files. */
export function checkEntry(yaml: string, surroundings: Surroundings): CheckReport {
  const read = readRegisterEntry(yaml);
  const document = readEntryDocument(yaml);
  const further = furtherRules.flatMap((rule) => rule(document, surroundings));
  return {
    entry: 'entry' in read ? read.entry : null,
    problems: inFileOrder([...('problems' in read ? read.problems : []), ...further]),
    warnings: agreementEndsSoon(document, surroundings),
  };
}

/** What a file's text says of its provider, even if it is not a valid entry. */
export function identityOf(file: string, yaml: string): Registered {
  const document = readEntryDocument(yaml);
  return { file, provider: document.at(providerKey), odsCode: document.at(odsCodeKey) };
}

/** Looks at what a file says, whatever else is wrong in it. */
type Rule = (document: EntryDocument, surroundings: Surroundings) => readonly EntryProblem[];

/** Rules beyond the register entry's own. An ended agreement does not keep a gateway from starting: it withholds. */
const furtherRules: readonly Rule[] = [agreementInForce, connectorCarries, standsOnce];

const providerKey = ['provider'];
const odsCodeKey = ['organisation', 'odsCode'];
const validUntilKey = ['sharing', 'validUntil'];
const noticeDays = 90;

function agreementInForce(document: EntryDocument, { today }: Surroundings): readonly EntryProblem[] {
  const daysLeft = daysLeftOf(document, today);
  if (daysLeft === null || daysLeft >= 0) return [];
  return [problemOf(document, validUntilKey, { expected: `an agreement in force: ${today} or later` })];
}

function agreementEndsSoon(document: EntryDocument, { today }: Surroundings): readonly EntryProblem[] {
  const daysLeft = daysLeftOf(document, today);
  if (daysLeft === null || daysLeft < 0 || daysLeft > noticeDays) return [];
  const left = `days left: ${daysLeft}`;
  return [problemOf(document, validUntilKey, { expected: `a renewal before the agreement ends; ${left}` })];
}

function daysLeftOf(document: EntryDocument, today: string): number | null {
  const validUntil = z.iso.date().safeParse(document.at(validUntilKey));
  return validUntil.success ? (Date.parse(validUntil.data) - Date.parse(today)) / 86_400_000 : null;
}

function connectorCarries(document: EntryDocument): readonly EntryProblem[] {
  const connector = z.enum(connectorNames).safeParse(document.at(['system', 'connector']));
  const listed = z.array(z.unknown()).safeParse(document.at(['sections']));
  if (!connector.success || !listed.success) return [];
  const carried = connectors[connector.data].sections.map(sectionWord);
  const foreign = new Set<unknown>(sections.map(sectionWord).filter((word) => !carried.includes(word)));
  const expected = `a section that \`${connector.data}\` carries: ${carried.join(', ')}`;
  return listed.data.flatMap((word, index) =>
    foreign.has(word) ? [problemOf(document, ['sections', index], { expected, rule: 'connector' })] : [],
  );
}

function standsOnce(document: EntryDocument, { registered }: Surroundings): readonly EntryProblem[] {
  const clash = (path: readonly string[], rest: string, isSame: (other: Registered) => boolean) =>
    document.at(path) === undefined
      ? []
      : registered.filter(isSame).map(({ file }) =>
          problemOf(document, path, {
            expected: `${rest}; \`${shownText(file)}\` has the same`,
            rule: 'one registration per organisation',
          }),
        );
  return [
    ...clash(providerKey, 'an id of its own', ({ provider }) => provider === document.at(providerKey)),
    ...clash(odsCodeKey, 'an ODS code of its own', ({ odsCode }) => odsCode === document.at(odsCodeKey)),
  ];
}

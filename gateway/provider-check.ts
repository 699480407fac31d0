import { isObjectType } from 'graphql';
import * as z from 'zod';
import { type Section, sections } from '../consent-policy/vocabulary.ts';
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
import { type Clash, clashes } from '../subgraphs/care-record/registered.ts';
import { publicSchema } from '../subgraphs/care-record/schemas.ts';
import type { Neighbours } from './provider-file.ts';

/** What a file is held against besides the rules of a register entry. */
export interface Surroundings {
  /** ISO date. */
  readonly today: string;
  /** Null where there is no register. */
  readonly neighbours: Neighbours | null;
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
  const said = (rules: readonly Rule[]) => rules.flatMap((rule) => rule(document, surroundings));
  const carried = connectorCarries(document);
  // Of a section that its connector does not carry, the sections that it may name are said, not those of all entries.
  const isToldAlready = ({ key }: EntryProblem) => carried.some((problem) => problem.key === key);
  const ofEntry = ('problems' in read ? read.problems : []).filter((problem) => !isToldAlready(problem));
  return {
    entry: 'entry' in read ? read.entry : null,
    problems: inFileOrder([...ofEntry, ...carried, ...said([agreementInForce, standsOnce])]),
    warnings: inFileOrder(said([agreementEndsSoon, replacesAnother, sectionsServed])),
  };
}

/**
 * Looks at what a file says, whatever else is wrong in it: rules beyond the register entry's own. An ended agreement does
 * not keep a gateway from starting: it withholds.
 */
type Rule = (document: EntryDocument, surroundings: Surroundings) => readonly EntryProblem[];

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
  if (!connector.success) return [];
  const carried = connectors[connector.data].sections.map(sectionWord);
  const expected = `a section that \`${connector.data}\` carries: ${carried.join(', ')}`;
  return listedSections(document, (word) => !carried.includes(word), { expected, rule: 'connector' });
}

/** A section without a field in the public schema can be registered, and nobody can ask for it. */
function sectionsServed(document: EntryDocument): readonly EntryProblem[] {
  if (document.at(['subgraphUrl']) === undefined) return [];
  const served = servedSections();
  const unserved = sections.filter((section) => !served.includes(section)).map(sectionWord);
  const expected = `a section that can be asked for; so far: ${served.map(sectionWord).join(', ')}`;
  return listedSections(document, (word) => unserved.includes(word), { expected, rule: 'public schema' });
}

function servedSections(): readonly Section[] {
  const patient = publicSchema().getType('Patient');
  const fields = isObjectType(patient) ? Object.keys(patient.getFields()) : [];
  return sections.filter((section) => fields.includes(section));
}

function listedSections(
  document: EntryDocument,
  isMeant: (word: string) => boolean,
  said: { readonly expected: string; readonly rule: string },
): readonly EntryProblem[] {
  const listed = z.array(z.unknown()).safeParse(document.at(['sections']));
  return (listed.data ?? []).flatMap((word, index) =>
    typeof word === 'string' && isMeant(word) ? [problemOf(document, ['sections', index], said)] : [],
  );
}

function standsOnce(document: EntryDocument, { neighbours }: Surroundings): readonly EntryProblem[] {
  return clashes(document, neighbours?.registered ?? [])
    .filter((clash) => !isUpdate(clash, neighbours))
    .map((clash) => clashProblem(document, clash, (file) => `one of its own; \`${file}\` has the same`));
}

function replacesAnother(document: EntryDocument, { neighbours }: Surroundings): readonly EntryProblem[] {
  return clashes(document, neighbours?.registered ?? [])
    .filter((clash) => isUpdate(clash, neighbours))
    .map((clash) =>
      clashProblem(
        document,
        clash,
        (file) => `this file in the place of \`${file}\`, which registers the same provider`,
      ),
    );
}

/** The same provider in a file outside the register: a new version, to be put in the other one's place. */
function isUpdate({ isSame }: Clash, neighbours: Neighbours | null): boolean {
  return isSame && neighbours?.isInside === false;
}

function clashProblem(
  document: EntryDocument,
  { path, file }: Clash,
  expected: (file: string) => string,
): EntryProblem {
  return problemOf(document, path, {
    expected: expected(shownText(file)),
    rule: 'one registration per organisation',
  });
}

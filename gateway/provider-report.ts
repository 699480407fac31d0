import { Help } from 'commander';
import { type EntryProblem, shownText } from '../subgraphs/care-record/entry-problem.ts';
import { type RegisterEntry, sectionWord } from '../subgraphs/care-record/register-entry.ts';
import type { CheckReport } from './provider-check.ts';

type Row = readonly [label: string, words: string];

const columns = 110;
const labelWidth = 14;

/** What a check found, for a program to read. */
export function jsonReport(
  file: string,
  { problems, warnings }: CheckReport,
  register: string | null = null,
): string {
  const report = { file, register, ok: problems.length === 0, problems, warnings };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** What a check found, for a person to read. */
export function plainReport(
  file: string,
  { entry, problems, warnings }: CheckReport,
  register: string | null = null,
): string {
  const name = shownText(file);
  const blocks = [
    ...problems.map((problem) => findingBlock('problem', problem)),
    ...warnings.map((warning) => findingBlock('warning', warning)),
    ...(entry !== null && problems.length === 0 ? [understood(entry)] : []),
  ];
  const verdict = `${count(problems.length, 'problem')}, ${count(warnings.length, 'warning')}`;
  const beside = register === null ? 'held against no register' : `held against ${shownText(register)}`;
  return `${name}\n\n${blocks.join('\n\n')}\n\n${verdict} in ${name}; ${beside}; nothing was changed\n`;
}

function findingBlock(kind: string, { key, line, column, found, expected, rule }: EntryProblem): string {
  return rows([
    [kind, `${key === '' ? 'the file' : key} (line ${line}, column ${column})`],
    ['  found', found],
    ['  expected', expected],
    ['  rule', rule],
  ]);
}

function understood({
  provider,
  organisation,
  careSetting,
  sections,
  sharing,
  ...entry
}: RegisterEntry): string {
  const { system } = entry;
  return rows([
    ['provider', provider],
    ['organisation', `${shownText(organisation.name)} (${organisation.odsCode}), ${careSetting}`],
    ['asked at', shownText(system?.baseUrl ?? entry.subgraphUrl ?? '')],
    ['through', system === undefined ? 'a subgraph of its own' : `our connector ${system.connector}`],
    ['located', locateWords[entry.locate]],
    ['sections', sections.map(sectionWord).join(', ')],
    ['shared with', sharing.partners.map(shownText).join(', ')],
    ['for', sharing.purposes.join(', ')],
    ['until', `${sharing.validUntil} (${shownText(sharing.agreement)})`],
  ]);
}

const locateWords: Readonly<Record<RegisterEntry['locate'], string>> = {
  'registered-practice': 'for patients who are registered there as their GP practice',
  pointers: 'where the pointer service knows of a record',
  always: 'for every patient',
};

function rows(lines: readonly Row[]): string {
  const { boxWrap } = Help.prototype;
  return lines
    .map(([label, words]) => row(label, boxWrap.call(new Help(), words, columns - labelWidth)))
    .join('\n');
}

function row(label: string, wrapped: string): string {
  return `${label.padEnd(labelWidth)}${wrapped.replaceAll('\n', `\n${' '.repeat(labelWidth)}`)}`;
}

function count(many: number, noun: string): string {
  return `${many === 0 ? 'no' : many} ${noun}${many === 1 ? '' : 's'}`;
}

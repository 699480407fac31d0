import Table from 'cli-table3';

/** One report of one source, as the ready query asks for it. */
interface Report {
  readonly organisation: { readonly odsCode: string; readonly name: string | null } | null;
  readonly state: string;
  readonly items: number;
}
interface Section {
  readonly complete: boolean;
  readonly sources: readonly Report[];
}

/** How a state looks in a cell; a state that is not here is written out. */
const cells: Readonly<Record<string, (items: number) => string>> = {
  COMPLETE: (items) => String(items),
  NOT_HELD: () => '·',
};

/** Only the outer frame and the columns. */
const noLines = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** Who answered with how many entries of each section, and what was withheld or is missing, for a person to read. */
export function answerTable(patient: Readonly<Record<string, unknown>>): string {
  const sections = Object.entries(patient).filter((pair): pair is [string, Section] => isSection(pair[1]));
  const organisations = [...new Set(sections.flatMap(([, { sources }]) => sources.map(nameOf)))];
  const table = new Table({
    head: ['', ...sections.map(([name]) => name)],
    chars: noLines,
    style: { head: [], border: [] },
  });
  for (const organisation of organisations) {
    table.push([
      organisation,
      ...sections.map(([, { sources }]) => cell(sources.find((each) => nameOf(each) === organisation))),
    ]);
  }
  table.push(['complete', ...sections.map(([, { complete }]) => (complete ? 'yes' : 'NO'))]);
  return `${table.toString()}\n${legend(sections)}`;
}

function legend(sections: readonly (readonly [string, Section])[]): string {
  const missing = sections.flatMap(([name, { sources }]) =>
    sources
      .filter(({ state }) => !(state in cells))
      .map((report) => `  ${name}, ${nameOf(report)}: ${report.state}`),
  );
  const said = missing.length === 0 ? 'nothing' : `\n${missing.join('\n')}`;
  return `Numbers are entries; · is a section that the source does not offer.\nWithheld or missing: ${said}`;
}

function cell(report: Report | undefined): string {
  if (!report) return '';
  return cells[report.state]?.(report.items) ?? `${report.items} ${report.state}`;
}

function nameOf({ organisation }: Report): string {
  return organisation?.name ?? organisation?.odsCode ?? 'a source';
}

function isSection(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'sources' in value && 'complete' in value;
}

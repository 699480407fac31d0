import { Command, CommanderError } from 'commander';
import { englishDate } from '../consent-policy/english-date.ts';
import type { EntryProblem } from '../subgraphs/care-record/entry-problem.ts';
import { FileUnreadable, readEntryText } from '../subgraphs/care-record/text-file.ts';
import { type CheckReport, checkEntry } from './provider-check.ts';
import { type Neighbours, neighboursOf } from './provider-file.ts';
import { jsonReport, plainReport } from './provider-report.ts';

// The ICS team's command: `npm run provider -- check <file>`. Exit code 0 fine, 1 problems, 2 wrong usage or unreadable file.

interface CheckOptions {
  readonly register?: string;
  readonly json?: true;
}

const program = new Command('npm run provider --')
  .description('Work on the register of providers.')
  .showHelpAfterError('use --help to see what there is')
  .exitOverride();

program
  .command('check')
  .description(
    'Say everything that is wrong in a register entry. Changes nothing and needs no running gateway.',
  )
  .argument('<file>', 'the register entry, in YAML')
  .option(
    '--register <folder>',
    'the entries it is to stand among (default: its own folder if that is `providers`, else `data/providers`)',
  )
  .option('--json', 'report for a program to read')
  .addHelpText(
    'after',
    '\nExit code: 0 fine (there may be warnings), 1 problems, 2 wrong usage or unreadable file.',
  )
  .action((file: string, { register, json }: CheckOptions) => {
    const read = readEntryText(file);
    const neighbours = neighboursOf(file, register);
    const report = 'text' in read ? reportOn(read.text, neighbours) : unreadable(read.problem);
    const folder = neighbours?.folder ?? null;
    process.stdout.write(json ? jsonReport(file, report, folder) : plainReport(file, report, folder));
    process.exitCode = report.problems.length === 0 ? 0 : 1;
  });

function reportOn(yaml: string, neighbours: Neighbours | null): CheckReport {
  return checkEntry(yaml, { today: englishDate(new Date()), neighbours });
}

function unreadable(problem: EntryProblem): CheckReport {
  return { entry: null, problems: [problem], warnings: [] };
}

try {
  program.parse();
} catch (fault) {
  // Commander has said what is wrong with the usage by then; help that was asked for is no fault.
  if (fault instanceof CommanderError) process.exitCode = fault.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`${fault instanceof FileUnreadable ? fault.message : 'the check itself failed'}\n`);
    process.exitCode = 2;
  }
}

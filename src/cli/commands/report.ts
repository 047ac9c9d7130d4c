/** `mqchaos report RUN`: prints and writes the reports of a run again, from its record; ends as `audit` does. */
import { Command } from 'commander';
import { ToolError } from '../../errors.ts';
import { compare, whyIncomparable } from '../../report/comparison/comparison.ts';
import { comparisonMarkdown, renderComparison } from '../../report/comparison/text.ts';
import type { RunRecord } from '../../report/record.ts';
import { findRun, type RunFolder } from '../../run/folder/folder.ts';
import { writeReports } from '../../run/judge.ts';
import { exitCodeOfVerdict, verdictCodes } from '../exit-codes.ts';
import { tellGitHub } from '../github.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { present } from '../present.ts';
import { readRecord } from '../read-record.ts';
import { asCalled } from '../terminal.ts';

export function reportCommand(): Command {
  const command = new Command('report')
    .description('print and write the reports of a run again, from its record.json; the exit code is its verdict’s')
    .argument('[run]', 'a run folder', 'latest')
    .option('--against <run>', 'print what got better or worse since another run of its profile instead');
  return withOutput(command, 'one JSON document on stdout: the record, or the comparison')
    .addHelpText('after', asCalled(`${examples}${verdictCodes}`))
    .action(report);
}

const examples = `
Examples:
  mqchaos report
  mqchaos report .mqchaos/runs/2026-01-02T03-04-05-7 --json
  mqchaos report latest --against .mqchaos/runs/2026-01-02T03-04-05-7`;

interface ReportOptions extends OutputOptions {
  readonly against?: string;
}

function report(reference: string, options: ReportOptions): void {
  const folder = findRun(reference);
  const record = readRecord(folder);
  if (options.against !== undefined) return compareWith(findRun(options.against), folder, record, options);
  writeReports(folder, record);
  const exitCode = exitCodeOfVerdict(record.verdict.value);
  present(record, { terminal: terminalOf(options), json: options.json === true, exitCode, folder });
  process.exitCode = exitCode;
}

function compareWith(other: RunFolder, folder: RunFolder, record: RunRecord, options: ReportOptions): void {
  const before = readRecord(other);
  const why = other.path === folder.path ? 'it is the same run' : whyIncomparable(record, before);
  if (why !== undefined) {
    throw new ToolError(`the runs do not compare: ${why}`, {
      code: 'not-comparable',
      hint: 'give another run of the same profile: mqchaos runs',
    });
  }
  const terminal = terminalOf(options);
  const comparison = compare(record, before);
  const exitCode = exitCodeOfVerdict(record.verdict.value);
  if (options.json === true) terminal.result(JSON.stringify(comparison, undefined, 2));
  else terminal.result(renderComparison(comparison, { paint: terminal.paint, columns: terminal.columns, exitCode }));
  tellGitHub(terminal, [], comparisonMarkdown(comparison));
  process.exitCode = exitCode;
}

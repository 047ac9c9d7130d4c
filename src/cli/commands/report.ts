/** `mqchaos report RUN`: prints and writes the reports of a run again, from its record; ends as `audit` does. */
import { Command } from 'commander';
import { findRun } from '../../run/folder.ts';
import { writeReports } from '../../run/judge.ts';
import { exitCodeOfVerdict } from '../exit-codes.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { present } from '../present.ts';
import { readRecord } from '../read-record.ts';

export function reportCommand(): Command {
  const command = new Command('report')
    .description('print and write the reports of a run again, from its record.json; the exit code is its verdict’s')
    .argument('[run]', 'a run folder', 'latest');
  return withOutput(command, 'one JSON document on stdout: the record').action(report);
}

function report(reference: string, options: OutputOptions): void {
  const folder = findRun(reference);
  const record = readRecord(folder);
  writeReports(folder, record);
  const exitCode = exitCodeOfVerdict(record.verdict.value);
  present(record, { terminal: terminalOf(options), json: options.json === true, exitCode, folder });
  process.exitCode = exitCode;
}

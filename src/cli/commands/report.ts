/** `mqchaos report RUN`: prints and writes the reports of a run again, from its record; ends as `audit` does. */
import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { ToolError } from '../../errors.ts';
import { type RunRecord, recordVersion } from '../../report/record.ts';
import { findRun, type RunFolder } from '../../run/folder.ts';
import { writeReports } from '../../run/judge.ts';
import { exitCodeOfVerdict } from '../exit-codes.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { present, shownPath } from '../present.ts';

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

function readRecord(folder: RunFolder): RunRecord {
  const hint = `mqchaos audit ${shownPath(folder.path)}`;
  if (!existsSync(folder.record)) {
    throw new ToolError(`${shownPath(folder.path)} has no record.json`, { code: 'no-record', hint });
  }
  const record = parse(folder);
  if (record.version !== recordVersion) {
    throw new ToolError(
      `${shownPath(folder.record)} is of version ${String(record.version)}; this mqchaos reads ${recordVersion}`,
      { code: 'record-version', hint },
    );
  }
  return record;
}

function parse(folder: RunFolder): RunRecord {
  try {
    return JSON.parse(readFileSync(folder.record, 'utf8')) as RunRecord;
  } catch (cause) {
    const hint = `mqchaos audit ${shownPath(folder.path)}`;
    throw new ToolError(`${shownPath(folder.record)} is not a record`, { code: 'record-unreadable', hint, cause });
  }
}

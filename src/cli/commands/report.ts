/** `mqchaos report RUN`: prints and writes the reports of a run again, from its record. */
import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { ToolError } from '../../errors.ts';
import { type RunRecord, recordVersion } from '../../report/record.ts';
import { findRun, type RunFolder } from '../../run/folder.ts';
import { writeReports } from '../../run/judge.ts';
import { present } from '../present.ts';
import { openTerminal } from '../terminal.ts';

export function reportCommand(): Command {
  return new Command('report')
    .description('print and write the reports of a run again, from its record.json')
    .argument('[run]', 'a run folder', 'latest')
    .option('--json', 'the record on stdout')
    .option('--no-color', 'no colours')
    .action((reference: string, options: { json?: true; color: boolean }) => {
      const folder = findRun(reference);
      const record = readRecord(folder);
      writeReports(folder, record);
      const terminal = openTerminal({ color: options.color, quiet: false });
      present(record, folder.path, { terminal, json: options.json === true });
    });
}

function readRecord(folder: RunFolder): RunRecord {
  if (!existsSync(folder.record)) {
    throw new ToolError(`${folder.path} has no record.json`, {
      code: 'no-record',
      hint: `judge it first: mqchaos audit ${folder.path}`,
    });
  }
  const record = JSON.parse(readFileSync(folder.record, 'utf8')) as RunRecord;
  if (record.version !== recordVersion) {
    throw new ToolError(
      `${folder.record} is of version ${String(record.version)}; this mqchaos reads ${recordVersion}`,
      {
        code: 'record-version',
        hint: `judge the journals again: mqchaos audit ${folder.path}`,
      },
    );
  }
  return record;
}

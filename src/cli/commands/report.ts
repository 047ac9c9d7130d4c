/** `mqchaos report RUN`: prints and writes the reports of a run again, from its record; ends as `audit` does. */
import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { z } from 'zod';
import { ToolError } from '../../errors.ts';
import { compare, whyIncomparable } from '../../report/comparison.ts';
import { comparisonMarkdown, renderComparison } from '../../report/comparison-text.ts';
import { type RunRecord, recordVersion } from '../../report/record.ts';
import { findRun, type RunFolder } from '../../run/folder.ts';
import { writeReports } from '../../run/judge.ts';
import { exitCodeOfVerdict, verdictCodes } from '../exit-codes.ts';
import { tellGitHub } from '../github.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { present, shownPath } from '../present.ts';
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

function readRecord(folder: RunFolder): RunRecord {
  const hint = `mqchaos audit ${shownPath(folder.path)}`;
  if (!existsSync(folder.record)) {
    throw new ToolError(`${shownPath(folder.path)} has no record.json`, { code: 'no-record', hint });
  }
  const raw = parse(folder);
  const version = (raw as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version !== recordVersion) {
    throw new ToolError(`${shownPath(folder.record)} is of version ${version}; this mqchaos reads ${recordVersion}`, {
      code: 'record-version',
      hint,
    });
  }
  const record = recordShape.safeParse(raw);
  if (record.success) return raw as RunRecord;
  throw unreadable(folder, record.error);
}

function parse(folder: RunFolder): unknown {
  try {
    return JSON.parse(readFileSync(folder.record, 'utf8'));
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

function unreadable({ path, record }: RunFolder, cause: unknown): ToolError {
  const hint = `mqchaos audit ${shownPath(path)}`;
  return new ToolError(`${shownPath(record)} is not a record`, { code: 'record-unreadable', hint, cause });
}

/** So much that nothing but a record is taken for one; what is in its parts is the audit's. */
const recordShape = z.looseObject({
  version: z.literal(recordVersion),
  verdict: z.looseObject({ value: z.enum(['pass', 'fail', 'inconclusive']), reasons: z.array(z.string()) }),
  counts: z.looseObject({}),
  findings: z.array(z.looseObject({ class: z.string() })),
  faults: z.array(z.looseObject({ id: z.string() })),
});

/** `mqchaos runs`: the runs that are kept here. `mqchaos runs prune`: removes the old ones. */
import { Command } from 'commander';
import { counted } from '../../counted.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import { longest } from '../../report/words/layout.ts';
import { size } from '../../report/words/size.ts';
import { type KeptRun, keptRuns } from '../../run/folder/kept.ts';
import { type PruneResult, prune } from '../../run/folder/prune.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { asCalled } from '../terminal.ts';

export function runsCommand(): Command {
  const command = new Command('runs')
    .description('list the runs that are kept here, newest first, and what each came to')
    .addCommand(pruneCommand());
  return withOutput(command, 'one JSON document on stdout').action((options: OutputOptions) => {
    const runs = keptRuns();
    terminalOf(options).result(options.json === true ? json({ runs }) : listed(runs));
  });
}

interface PruneOptions {
  readonly keep: number;
  readonly dryRun?: boolean;
}

function pruneCommand(): Command {
  const command = new Command('prune')
    .description('remove the finished runs that are kept here, but for the newest')
    .requiredOption('--keep <runs>', 'how many finished runs stay', parseKeep)
    .option('--dry-run', 'say what would be removed, and remove nothing');
  // an option that the parent command knows too is given to the parent, wherever it stands
  return withOutput(command, 'one JSON document on stdout')
    .addHelpText('after', asCalled(pruneExamples))
    .action((options: PruneOptions, { parent }: Command) =>
      pruned(options, parent?.opts<OutputOptions>() ?? { color: true }),
    );
}

const pruneExamples = `
Examples:
  mqchaos runs prune --keep 20 --dry-run
  mqchaos runs prune --keep 20`;

function pruned({ keep, dryRun = false }: PruneOptions, options: OutputOptions): void {
  const result = prune(keep, dryRun);
  terminalOf(options).result(options.json === true ? json({ dryRun, ...result }) : asCalled(told(result, dryRun)));
  const failed = result.left.filter(({ run }) => run.state === 'finished');
  if (failed.length === 0) return;
  throw new ToolError(`${counted(failed.length, 'run')} could not be removed`, {
    code: 'not-removed',
    hint: 'see the reasons above',
    exitCode: exitCodes.setup,
  });
}

function told({ removed, left }: PruneResult, dryRun: boolean): string {
  const freed = size(removed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  return [
    `${dryRun ? 'would remove' : 'removed'} ${counted(removed.length, 'run')}, ${freed}`,
    ...removed.map(({ folder, sizeBytes }) => `  ${folder}  ${size(sizeBytes)}`),
    ...left.map(({ run, why }) => `left alone  ${run.folder}: ${why}`),
  ].join('\n');
}

function listed(runs: readonly KeptRun[]): string {
  if (runs.length === 0) return 'no runs here';
  const rows = [
    ['when', 'profile', 'seed', 'verdict', 'size', 'folder'],
    ...runs.map((run) => [
      run.startedAt.replace(/\.\d+/, ''),
      `${run.profile ?? '?'}${run.repeat === undefined ? '' : ` ×${run.repeat}`}`,
      String(run.seed ?? '?'),
      run.state === 'finished' ? (run.verdict ?? '?') : run.state,
      size(run.sizeBytes),
      run.folder,
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => longest(rows.map((row) => row[column] ?? '')));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function parseKeep(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ToolError(`--keep: expected a whole number, got '${text}'`, {
    code: 'keep',
    hint: 'how many finished runs stay: mqchaos runs prune --keep 20',
  });
}

function json(document: unknown): string {
  return JSON.stringify(document, undefined, 2);
}

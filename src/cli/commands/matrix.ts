/** `mqchaos matrix`: every measure on and off under the same faults, and one table of what that did. */
import { Command } from 'commander';
import { counted } from '../../counted.ts';
import { ToolError } from '../../errors.ts';
import { annotationsOfMatrix } from '../../matrix/annotations.ts';
import { type Choices, newChoices } from '../../matrix/choices.ts';
import { type MatrixFolder, makeMatrixFolder, matrixFolder, readChoices } from '../../matrix/folder.ts';
import { renderMatrixMarkdown } from '../../matrix/markdown.ts';
import { carryOutMatrix, type MatrixEnd } from '../../matrix/matrix.ts';
import { findMeasures } from '../../matrix/measures.ts';
import { verdictOfMatrix } from '../../matrix/record.ts';
import { openRows, type Row } from '../../matrix/row.ts';
import { renderMatrixTable } from '../../matrix/table.ts';
import { drawSeed } from '../../plan/seed.ts';
import { refusePlatform } from '../../run/run.ts';
import { exitCodeOfRun } from '../exit-codes.ts';
import { tellGitHub } from '../github.ts';
import { interruptions } from '../interruption.ts';
import { MatrixProgress } from '../matrix-progress.ts';
import {
  type OutputOptions,
  type ProfileOptions,
  parseRepeat,
  terminalOf,
  withOutput,
  withProfile,
} from '../options.ts';
import { shownPath } from '../shown-path.ts';
import { asCalled, type Terminal } from '../terminal.ts';

interface MatrixOptions extends OutputOptions, ProfileOptions {
  readonly only?: readonly string[];
  readonly repeat?: number;
  readonly cluster?: string;
  readonly out?: string;
  readonly resume?: string;
}

const examples = `
A measure is proven when no run with it on was harmed, and its harm was shown in
9 of 10 runs with it off.

Exit codes:
  0  every measure that was run is proven
  1  one was not held, or its fault was too weak
  3  one is inconclusive, or none was run

Examples:
  mqchaos matrix
  mqchaos matrix --only primary-key redis-id --repeat 20
  mqchaos matrix --resume .mqchaos/matrix/2026-01-02T03-04-05-7`;

export function matrixCommand(): Command {
  const command = new Command('matrix')
    .description('show every measure that makes messages reliable, on and off under the same faults, in one table')
    .option('--only <measures...>', 'these alone: names from `mqchaos list measures`')
    .option('--repeat <times>', 'run each half this often, with other seeds', parseRepeat)
    .option('--cluster <file>', 'a YAML file whose `cluster` and `topic` replace those of every profile')
    .option('--out <dir>', 'the folder itself; must be empty (default: .mqchaos/matrix/<time>-<seed>)')
    .option('--resume <dir>', 'go on with a matrix that was interrupted or killed');
  return withOutput(withProfile(command), 'one JSON document on stdout: the table')
    .addHelpText('after', asCalled(examples))
    .action(matrix);
}

async function matrix(options: MatrixOptions): Promise<void> {
  refusePlatform();
  const terminal = terminalOf(options);
  const { folder, choices, rows } = await opened(options);
  terminal.say(`seed ${choices.seed}  ${whatIsRun(rows, choices)}`);
  terminal.say(`       folder ${shownPath(folder.path)}`);
  for (const { measure, missing } of rows) {
    if (missing !== undefined) terminal.say(`– ${measure.name} is not run: ${missing}`);
  }
  const { record, cut } = await watched(folder, choices, rows, terminal);
  const exitCode = exitCodeOfRun(cut, verdictOfMatrix(record));
  if (options.json === true) terminal.result(JSON.stringify(record, undefined, 2));
  else {
    const table = renderMatrixTable(record, {
      paint: terminal.paint,
      columns: terminal.columns,
      exitCode,
      folder: shownPath(folder.path),
    });
    terminal.result(asCalled(table));
  }
  tellGitHub(terminal, annotationsOfMatrix(record), renderMatrixMarkdown(record));
  if (cut !== undefined) terminal.say(asCalled(`go on with  mqchaos matrix --resume ${shownPath(folder.path)}`));
  process.exitCode = exitCode;
}

async function watched(folder: MatrixFolder, choices: Choices, rows: Row[], terminal: Terminal): Promise<MatrixEnd> {
  const progress = new MatrixProgress(terminal);
  using interruption = interruptions((text) => progress.note(text));
  return await carryOutMatrix(folder, choices, rows, progress, interruption.signal);
}

/** Nothing is made before everything that can be wrong was looked at. */
async function opened(options: MatrixOptions): Promise<{ folder: MatrixFolder; choices: Choices; rows: Row[] }> {
  if (options.resume !== undefined) {
    refuseChoices(options);
    const folder = matrixFolder(options.resume);
    const choices = readChoices(folder);
    return { folder, choices, rows: await openRows(choices, choices.cluster ? folder.cluster : undefined) };
  }
  const { seed, repeat, only, set, cluster, broker, allowRemote, out } = options;
  if (cluster !== undefined && broker !== undefined) {
    throw new ToolError('--broker and --cluster exclude each other', {
      code: 'usage',
      hint: 'the file of --cluster says which broker it is',
    });
  }
  const choices = newChoices({
    seed: seed ?? drawSeed(),
    repeat: repeat ?? 1,
    only: findMeasures(only ?? []).map(({ name }) => name),
    set: [...(set ?? [])],
    cluster: cluster !== undefined,
    ...(broker === undefined ? {} : { broker }),
    allowRemote: allowRemote === true,
  });
  const rows = await openRows(choices, cluster);
  return { folder: makeMatrixFolder(choices, out, cluster), choices, rows };
}

function refuseChoices(options: MatrixOptions): void {
  const chosen = ['only', 'repeat', 'seed', 'set', 'cluster', 'broker', 'allowRemote', 'out'] as const;
  const given = chosen.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  const flag = given === 'allowRemote' ? 'allow-remote' : given;
  throw new ToolError(`--${flag} does not go with --resume: a matrix goes on as it was begun`, {
    code: 'usage',
    hint: 'leave it out, or begin anew without --resume',
  });
}

function whatIsRun(rows: readonly Row[], { repeat }: Choices): string {
  const run = rows.filter(({ missing }) => missing === undefined);
  const halves = run.reduce((sum, { measure }) => sum + measure.profiles.length, 0);
  return `${counted(run.length, 'measure')} on and off, ${counted(halves * repeat, 'run')}`;
}

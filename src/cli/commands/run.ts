/** `mqchaos run`: carries out a profile or a plan, judges it, reports it, and ends with the verdict's exit code. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { messageOf, ToolError } from '../../errors.ts';
import { compilePlan } from '../../plan/compile.ts';
import { decodePlan } from '../../plan/encode.ts';
import type { Plan } from '../../plan/plan.ts';
import { drawSeed } from '../../plan/seed.ts';
import { products } from '../../products/registry.ts';
import { loadProfile } from '../../profile/load.ts';
import { makeRunFolder, type RunFolder } from '../../run/folder.ts';
import { judge } from '../../run/judge.ts';
import { type Cut, refusePlatform, run } from '../../run/run.ts';
import { exitCodeOfRun } from '../exit-codes.ts';
import { interruptions } from '../interruption.ts';
import { Live } from '../live.ts';
import {
  loadOptions,
  type OutputOptions,
  type ProfileOptions,
  terminalOf,
  withOutput,
  withProfile,
} from '../options.ts';
import { present } from '../present.ts';
import { shownPath } from '../shown-path.ts';
import { asCalled, type Terminal } from '../terminal.ts';

interface RunOptions extends OutputOptions, ProfileOptions {
  readonly plan?: string;
  readonly out?: string;
}

const examples = `
Examples:
  mqchaos run quick
  mqchaos run quick --broker ${products.at(-1)?.name}
  mqchaos run my.yaml --seed 7 --set producers.retries=0
  mqchaos run --plan .mqchaos/latest/plan.json`;

export function runCommand(): Command {
  const command = new Command('run')
    .description('carry out a profile and say what happened to every message')
    .argument('[profile]', 'a name from `mqchaos list profiles`, or a file')
    .option('--plan <file>', 'repeat the schedule of a plan.json instead of a profile')
    .option('--out <dir>', 'the run folder itself; must be empty (default: .mqchaos/runs/<time>-<seed>)');
  return withOutput(withProfile(command), 'one JSON document on stdout: the record')
    .addHelpText('after', asCalled(examples))
    .action(carryOut);
}

async function carryOut(profile: string | undefined, options: RunOptions): Promise<void> {
  refusePlatform();
  const terminal = terminalOf(options);
  const plan = choosePlan(profile, options);
  const folder = makeRunFolder(plan.seed, options.out);
  terminal.say(`seed ${plan.seed}  ${plan.name}: ${plan.question}`);
  terminal.say(`       run folder ${shownPath(folder.path)}`);
  const cut = await watched(plan, folder, terminal);
  const record = await judge(folder);
  const exitCode = exitCodeOfRun(cut, record.verdict.value);
  present(record, { terminal, json: options.json === true, exitCode, folder });
  process.exitCode = exitCode;
}

async function watched(plan: Plan, folder: RunFolder, terminal: Terminal): Promise<Cut | undefined> {
  using live = new Live(terminal);
  using interruption = interruptions((text) => live.note(text));
  return await run(plan, folder, live, interruption.signal);
}

function choosePlan(profile: string | undefined, options: RunOptions): Plan {
  if ((profile === undefined) === (options.plan === undefined)) {
    throw new ToolError(profile === undefined ? 'run what?' : 'a profile and --plan exclude each other', {
      code: 'usage',
      hint: 'mqchaos run quick, or: mqchaos run --plan FILE',
    });
  }
  const allowRemote = options.allowRemote === true;
  if (options.plan !== undefined) {
    if (options.seed !== undefined || options.set !== undefined || options.broker !== undefined) {
      throw new ToolError('--seed, --broker and --set do not go with --plan: a plan has every choice made', {
        code: 'usage',
        hint: 'change the profile and make a new plan: mqchaos plan PROFILE --out DIR',
      });
    }
    return decodePlan(readText(options.plan), options.plan, allowRemote);
  }
  const loaded = loadProfile(profile ?? '', loadOptions(options));
  return compilePlan(loaded, options.seed ?? drawSeed());
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ToolError(`cannot read ${file}: ${messageOf(cause)}`, {
      code: 'no-such-file',
      hint: 'give the path of a plan.json',
      cause,
    });
  }
}

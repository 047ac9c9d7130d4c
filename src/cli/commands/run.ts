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
import { annotationsOf } from '../../report/ci/annotations.ts';
import { renderMarkdown } from '../../report/markdown.ts';
import type { RunRecord } from '../../report/record.ts';
import { hanging } from '../../report/words/layout.ts';
import { makeRunFolder, type RunFolder } from '../../run/folder/folder.ts';
import { judge } from '../../run/judge.ts';
import { type Cut, refusePlatform, run } from '../../run/run.ts';
import { exitCodeOfRun, verdictCodes } from '../exit-codes.ts';
import { tellGitHub } from '../github.ts';
import { interruptions, leaving } from '../interruption.ts';
import { type Live, openLive } from '../live/live.ts';
import {
  loadOptions,
  type OutputOptions,
  type ProfileOptions,
  parseRepeat,
  terminalOf,
  withOutput,
  withProfile,
} from '../options.ts';
import { present } from '../present.ts';
import { repeatProfile } from '../repeat.ts';
import { shownPath } from '../shown-path.ts';
import { asCalled, type Terminal } from '../terminal.ts';

interface RunOptions extends OutputOptions, ProfileOptions {
  readonly plan?: string;
  readonly out?: string;
  readonly repeat?: number;
  readonly untilFailure?: true;
}

const examples = `
Examples:
  mqchaos run quick
  mqchaos run quick --broker ${products.at(-1)?.name}
  mqchaos run my.yaml --seed 7 --set producers.retries=0
  mqchaos run quick --repeat 20
  mqchaos run --plan .mqchaos/latest/plan.json`;

export function runCommand(): Command {
  const command = new Command('run')
    .description('carry out a profile and say what happened to every message')
    .argument('[profile]', 'a name from `mqchaos list profiles`, or a file')
    .option('--plan <file>', 'repeat the schedule of a plan.json instead of a profile')
    .option('--out <dir>', 'the run folder itself; must be empty (default: .mqchaos/runs/<time>-<seed>)')
    .option(
      '--repeat <times>',
      'run it this often, each time with another seed, and say how often it fails',
      parseRepeat,
    )
    .option('--until-failure', 'with --repeat: no further run after one that fails');
  return withOutput(withProfile(command), 'one JSON document on stdout: the record')
    .addHelpText('after', asCalled(`${examples}${verdictCodes}`))
    .action(carryOut);
}

async function carryOut(profile: string | undefined, options: RunOptions): Promise<void> {
  refusePlatform();
  const { repeat, untilFailure } = options;
  if (repeat !== undefined) return await repeated(profile, { ...options, repeat });
  if (untilFailure === true) {
    throw new ToolError('--until-failure goes with --repeat', { code: 'usage', hint: '--repeat 100 --until-failure' });
  }
  const terminal = terminalOf(options);
  const plan = choosePlan(profile, options);
  const folder = makeRunFolder(plan.seed, options.out);
  for (const line of opening(plan, terminal)) terminal.say(line);
  terminal.say(`       run folder ${shownPath(folder.path)}`);
  const { cut, record } = await watched(plan, folder, terminal);
  const exitCode = exitCodeOfRun(cut, record.verdict.value);
  present(record, { terminal, json: options.json === true, exitCode, folder });
  tellGitHub(terminal, annotationsOf(record), renderMarkdown(record));
  process.exitCode = exitCode;
}

/** The seed and the question. In a log they are one line. */
function opening({ seed, name, question }: Plan, { live, columns }: Terminal): string[] {
  const text = `${name}: ${question}`;
  if (!live) return [`seed ${seed}  ${text}`];
  return hanging(`seed ${seed}  `, text, columns);
}

/** What is drawn meanwhile is gone when it resolves. */
async function watched(
  plan: Plan,
  folder: RunFolder,
  terminal: Terminal,
): Promise<{ readonly cut: Cut | undefined; readonly record: RunRecord }> {
  using live = openLive(terminal, plan);
  const cut = await interruptible(plan, folder, live);
  using _signals = leaving();
  live.stretch('audit');
  return { cut, record: await judge(folder) };
}

/** A signal ends the run, not the audit of what there is. */
async function interruptible(plan: Plan, folder: RunFolder, live: Live): Promise<Cut | undefined> {
  using interruption = interruptions((text) => live.note(text));
  return await run(plan, folder, live, interruption.signal);
}

async function repeated(profile: string | undefined, options: RunOptions & { readonly repeat: number }): Promise<void> {
  if (profile === undefined || options.plan !== undefined) {
    throw new ToolError('--repeat takes a profile: a plan has its one seed', {
      code: 'usage',
      hint: 'mqchaos run PROFILE --repeat N',
    });
  }
  const { repeat, seed = drawSeed(), untilFailure = false, out } = options;
  const loaded = loadProfile(profile, loadOptions(options));
  const asked = { profile: loaded.name, seed, repeat, untilFailure };
  await repeatProfile(
    (each) => compilePlan(loaded, each),
    { ...asked, out, json: options.json === true },
    terminalOf(options),
  );
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

/** `mqchaos run`: carries out a profile or a plan, judges it, reports it, and ends with the verdict's exit code. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { messageOf, ToolError } from '../../errors.ts';
import { compilePlan, decodePlan } from '../../plan/compile.ts';
import type { Plan } from '../../plan/plan.ts';
import { drawSeed, parseSeed } from '../../plan/seed.ts';
import { loadProfile } from '../../profile/load.ts';
import { exitCodeOfVerdict } from '../../report/terminal.ts';
import { makeRunFolder } from '../../run/folder.ts';
import { judge } from '../../run/judge.ts';
import { type Cut, exitCodeOfCut, refusePlatform, run } from '../../run/run.ts';
import { Live } from '../live.ts';
import { present } from '../present.ts';
import { openTerminal } from '../terminal.ts';

interface RunOptions {
  readonly plan?: string;
  readonly seed?: number;
  readonly set: readonly string[];
  readonly out?: string;
  readonly json?: true;
  readonly quiet?: true;
  readonly color: boolean;
  readonly allowRemote?: true;
}

export function runCommand(): Command {
  return new Command('run')
    .description('carry out a profile and say what happened to every message')
    .argument('[profile]', 'a name from `mqchaos list profiles`, or a file')
    .option('--plan <file>', 'repeat the schedule of a plan.json instead of a profile')
    .option('--seed <number>', 'unsigned 32-bit number that fixes every random choice', parseSeed)
    .option('--set <key=value>', 'change a key of the profile; may be repeated', collect, [])
    .option('--out <dir>', 'the run folder itself; must be empty (default: .mqchaos/runs/<time>-<seed>)')
    .option('--allow-remote', 'attach to brokers that are not on this machine')
    .option('--json', 'one JSON document on stdout: the record')
    .option('--quiet', 'no talk on stderr')
    .option('--no-color', 'no colours')
    .addHelpText(
      'after',
      '\nExamples:\n  mqchaos run quick\n  mqchaos run my.yaml --seed 7 --set producers.retries=0\n  mqchaos run --plan .mqchaos/latest/plan.json',
    )
    .action(carryOut);
}

async function carryOut(profile: string | undefined, options: RunOptions): Promise<void> {
  refusePlatform();
  const terminal = openTerminal({ color: options.color, quiet: options.quiet === true });
  const plan = choosePlan(profile, options);
  const folder = makeRunFolder(plan.seed, options.out);
  terminal.say(`seed ${plan.seed}  ${plan.name}: ${plan.question}`);
  terminal.say(`       run folder ${folder.path}`);
  const interruption = interruptions();
  let cut: Cut | undefined;
  {
    using live = new Live(terminal);
    cut = await run(plan, folder, live, interruption.signal);
  }
  interruption.release();
  const record = await judge(folder);
  present(record, folder.path, { terminal, json: options.json === true });
  process.exitCode = exitCodeOfCut(cut) ?? exitCodeOfVerdict(record.verdict.value);
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
    if (options.seed !== undefined || options.set.length > 0) {
      throw new ToolError('--seed and --set do not go with --plan: a plan has every choice made', {
        code: 'usage',
        hint: 'change the profile and make a new plan: mqchaos plan PROFILE --out DIR',
      });
    }
    return decodePlan(readText(options.plan), options.plan, allowRemote);
  }
  const loaded = loadProfile(profile ?? '', { set: options.set, allowRemote });
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

/** Ctrl-C once: stop, heal, audit what there is. Twice: leave now; the reaper undoes what is left. */
function interruptions(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGTERM' ? 143 : 130);
    process.stderr.write(`\n${name}: stopping, healing, auditing what there is; once more to leave now\n`);
    controller.abort(name satisfies NodeJS.Signals as Cut);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

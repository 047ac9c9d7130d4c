/** `mqchaos plan`: what a run would do. Starts nothing and connects to nothing. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { messageOf, ToolError } from '../../errors.ts';
import { compilePlan } from '../../plan/compile.ts';
import { describePlan } from '../../plan/describe.ts';
import { encodePlan } from '../../plan/encode.ts';
import { drawSeed } from '../../plan/seed.ts';
import { loadProfile } from '../../profile/load.ts';
import { shellWord } from '../../report/words/command.ts';
import { hanging } from '../../report/words/layout.ts';
import { refuseFull } from '../../run/folder/folder.ts';
import {
  loadOptions,
  type OutputOptions,
  type ProfileOptions,
  terminalOf,
  withOutput,
  withProfile,
} from '../options.ts';
import { asCalled } from '../terminal.ts';

interface PlanOptions extends OutputOptions, ProfileOptions {
  readonly out?: string;
}

export function planCommand(): Command {
  const command = new Command('plan')
    .description('check a profile and show the schedule that it comes to: every choice made, nothing started')
    .argument('<profile>', 'a name from `mqchaos list profiles`, or a file')
    .option('--out <dir>', 'write plan.json into this folder; must be empty');
  return withOutput(withProfile(command), 'one JSON document on stdout: the plan')
    .addHelpText('after', asCalled(examples))
    .action(plan);
}

const examples = `
Examples:
  mqchaos plan quick
  mqchaos plan my.yaml --seed 7 --set producers.rate=500/s
  mqchaos plan quick --out plans/quick && mqchaos run --plan plans/quick/plan.json`;

function plan(profile: string, options: PlanOptions): void {
  const terminal = terminalOf(options);
  const loaded = loadProfile(profile, loadOptions(options));
  const compiled = compilePlan(loaded, options.seed ?? drawSeed());
  const text = encodePlan(compiled);
  const file = options.out === undefined ? undefined : writePlan(options.out, text);
  if (options.json === true) terminal.result(text.trimEnd());
  else {
    const again = asCalled(runLine(profile, compiled.seed, options, file));
    terminal.result(`${fitted(describePlan(compiled), terminal.listColumns)}\nrun it     ${again}`);
  }
  if (file !== undefined) terminal.say(`wrote ${file}`);
}

/** Lines that are too long go on below their text, which is behind the head of each block. */
function fitted(text: string, columns: number): string {
  const fit = (line: string): string[] => {
    if (line.length <= columns) return [line];
    const head = line.startsWith('  ') ? 13 : 0;
    return hanging(line.slice(0, head), line.slice(head), columns);
  };
  return text.split('\n').flatMap(fit).join('\n');
}

function writePlan(folder: string, text: string): string {
  refuseFull(folder);
  try {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'plan.json');
    writeFileSync(file, text);
    return file;
  } catch (cause) {
    const hint = 'give a folder that can be written';
    throw new ToolError(`--out: ${messageOf(cause)}`, { code: 'out', hint, cause });
  }
}

function runLine(
  profile: string,
  seed: number,
  { set, broker, allowRemote }: PlanOptions,
  file: string | undefined,
): string {
  if (file !== undefined) return `mqchaos run --plan ${shellWord(file)}`;
  const sets = (set ?? []).map((assignment) => ` --set ${shellWord(assignment)}`).join('');
  const on = broker === undefined ? '' : ` --broker ${shellWord(broker)}`;
  return `mqchaos run ${shellWord(profile)} --seed ${seed}${on}${sets}${allowRemote === true ? ' --allow-remote' : ''}`;
}

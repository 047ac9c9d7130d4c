import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { messageOf, ToolError } from '../../errors.ts';
import { compilePlan, encodePlan } from '../../plan/compile.ts';
import { describePlan } from '../../plan/describe.ts';
import { drawSeed, parseSeed } from '../../plan/seed.ts';
import { loadProfile } from '../../profile/load.ts';

interface PlanOptions {
  readonly seed?: string;
  readonly set: readonly string[];
  readonly allowRemote?: true;
  readonly json?: true;
  readonly out?: string;
}

/** `mqchaos plan`: what a run would do. Starts nothing and connects to nothing. */
export function planCommand(): Command {
  return new Command('plan')
    .summary('show what a run would do, without doing it')
    .description('Check a profile and show the schedule that it comes to: every choice made, nothing started.')
    .argument('<profile>', 'path of a profile, or name of a bundled one (mqchaos list profiles)')
    .option('--seed <number>', 'decides every random choice; 0 to 4294967295, decimal or 0x hex (default: drawn)')
    .option('--set <key=value>', 'change a key of the profile, such as faults.0.for=3s; may be repeated', collect, [])
    .option('--allow-remote', 'allow a cluster that is not on this machine')
    .option('--json', 'print plan.json instead of text')
    .option('--out <dir>', 'write plan.json into this folder, which must be empty or not there')
    .addHelpText('after', examples)
    .action((profile: string, options: PlanOptions) => plan(profile, options));
}

const examples = `
Examples:
  mqchaos plan quick
  mqchaos plan my.yaml --seed 7 --set producers.rate=500/s
  mqchaos plan quick --out plans/quick && mqchaos run --plan plans/quick/plan.json`;

function plan(ref: string, options: PlanOptions): void {
  const seed = options.seed === undefined ? drawSeed() : parseSeed(options.seed);
  const profile = loadProfile(ref, { set: options.set, allowRemote: options.allowRemote ?? false });
  const compiled = compilePlan(profile, seed);
  const text = encodePlan(compiled);
  const file = options.out === undefined ? undefined : writePlan(options.out, text);
  if (options.json) process.stdout.write(text);
  else process.stdout.write(`${describePlan(compiled)}\nrun it     ${runLine(ref, seed, options, file)}\n`);
  if (file !== undefined) process.stderr.write(`wrote ${file}\n`);
}

function writePlan(folder: string, text: string): string {
  try {
    if (existsSync(folder) && readdirSync(folder).length > 0) {
      throw new ToolError(`--out: ${folder} is not empty`, { code: 'out-not-empty', hint: 'give a folder of its own' });
    }
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'plan.json');
    writeFileSync(file, text);
    return file;
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`--out: ${messageOf(error)}`, { code: 'out', hint: 'give a folder that can be written' });
  }
}

function runLine(ref: string, seed: number, { set, allowRemote }: PlanOptions, file: string | undefined): string {
  if (file !== undefined) return `mqchaos run --plan ${quote(file)}`;
  const sets = set.map((assignment) => ` --set ${quote(assignment)}`).join('');
  return `mqchaos run ${quote(ref)} --seed ${seed}${sets}${allowRemote ? ' --allow-remote' : ''}`;
}

/** For a POSIX shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

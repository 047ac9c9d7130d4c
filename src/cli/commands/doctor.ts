/** `mqchaos doctor`: what works here. `mqchaos doctor clean`: undoes what a killed run left behind. */
import { Command } from 'commander';
import { hasProgram, processState } from '../../cluster/process.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import { clean, cleanable } from '../../run/clean.ts';
import { sweepWorkFolders } from '../../run/foreign.ts';

interface Check {
  readonly name: string;
  readonly works: boolean;
  /** What it is for, or what to do. */
  readonly says: string;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('say what works on this machine')
    .option('--json', 'one JSON document on stdout')
    .action(async (options: { json?: true }) => report(await checks(), options.json === true))
    .addCommand(cleanCommand());
}

function cleanCommand(): Command {
  return new Command('clean')
    .description('undo what runs left behind whose mqchaos was killed; touches nothing that is not in their ledgers')
    .argument('[runs...]', 'run folders; without any: the runs here and those that living processes name')
    .option('--json', 'one JSON document on stdout')
    .action(cleanRuns);
}

async function checks(): Promise<Check[]> {
  return [
    {
      name: 'node',
      works: true,
      says: `${process.version} on ${process.platform} ${process.arch}`,
    },
    {
      name: 'signals',
      works: process.platform !== 'win32',
      says: 'kill, stop, pause and restart of brokers and workers',
    },
    {
      name: 'process states',
      works: processState(process.pid) !== undefined,
      says: '/proc tells that a pause took hold, and finds what a killed run left; without it only Linux faults are proven',
    },
    await program('java', '-version', 'a real Kafka of your own needs it; mqchaos itself does not'),
    await program('kcat', '-V', 'a second client to look at a topic with'),
  ];
}

async function program(name: string, versionFlag: string, says: string): Promise<Check> {
  return { name, works: await hasProgram(name, versionFlag), says };
}

function report(found: readonly Check[], json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ checks: found }, undefined, 2)}\n`);
    return;
  }
  for (const { name, works, says } of found)
    process.stdout.write(`${works ? '✓ yes' : '– no '}  ${name.padEnd(15)} ${says}\n`);
}

async function cleanRuns(runs: readonly string[], options: { json?: true }): Promise<void> {
  sweepWorkFolders();
  const results = [];
  for (const folder of cleanable(runs)) results.push(await clean(folder));
  const touched = results.filter(({ alive, undone }) => alive || undone.length > 0);
  if (options.json === true) process.stdout.write(`${JSON.stringify({ runs: touched }, undefined, 2)}\n`);
  else print(touched);
  const failed = touched.flatMap(({ undone }) => undone.filter(({ ok }) => !ok));
  if (failed.length > 0) {
    throw new ToolError(`${failed.length} things could not be undone`, {
      code: 'not-clean',
      hint: 'see the reasons above; run it again when the broker answers',
      exitCode: exitCodes.setup,
    });
  }
}

function print(results: readonly Awaited<ReturnType<typeof clean>>[]): void {
  if (results.length === 0) process.stdout.write('nothing to clean\n');
  for (const { run, alive, undone } of results) {
    process.stdout.write(`${run}${alive ? ': its mqchaos is at work, left alone' : ''}\n`);
    for (const { what, ok } of undone) process.stdout.write(`  ${ok ? '✓' : '✗'} ${what}\n`);
  }
}

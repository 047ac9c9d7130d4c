/** `mqchaos worker`: a producer or consumer of one's own, before it is put into a profile. */
import { Command, Option } from 'commander';
import { exitCodes } from '../../errors.ts';
import { refusePlatform } from '../../run/run.ts';
import { type CheckedRole, checkWorker, type StepResult } from '../../run/worker-check/check.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { asCalled } from '../terminal.ts';

interface CheckOptions extends OutputOptions {
  readonly role: CheckedRole;
}

export function workerCommand(): Command {
  return new Command('worker')
    .description('producers and consumers of your own, in any language (docs/workers.md)')
    .addCommand(checkCommand());
}

function checkCommand(): Command {
  const command = new Command('check')
    .description('try a worker, step by step, against a broker that is started for it')
    .addOption(new Option('--role <role>', 'what it is').choices(['producer', 'consumer']).makeOptionMandatory())
    .argument('<command...>', 'the program and its arguments, after --');
  return withOutput(command, 'one JSON document on stdout: the steps')
    .addHelpText('after', asCalled(help))
    .action(check);
}

const help = `
Examples:
  mqchaos worker check --role producer -- python3 producer.py
  mqchaos worker check --role consumer -- ./consumer --verbose

Exit codes:
  0 every step passed   1 a step failed   4 it, or the broker, did not start
  the others: mqchaos --help`;

async function check(argv: string[], options: CheckOptions): Promise<void> {
  refusePlatform();
  const terminal = terminalOf(options);
  const json = options.json === true;
  const steps = await checkWorker(options.role, argv, (step) => {
    if (!json) terminal.result(lineOf(step));
  });
  const failed = steps.some(({ outcome }) => outcome === 'failed');
  if (json) terminal.result(JSON.stringify({ role: options.role, command: argv, passed: !failed, steps }));
  process.exitCode = failed ? exitCodes.fail : exitCodes.pass;
}

const signs = { passed: '✓', failed: '✗', skipped: '·' } as const;

function lineOf({ name, outcome, expected, seen }: StepResult): string {
  const line = `${signs[outcome]} ${name}`;
  if (outcome === 'passed') return `${line}: ${seen}`;
  if (outcome === 'skipped') return `${line}: skipped`;
  return `${line}\n    expected  ${expected}\n    got       ${seen}`;
}

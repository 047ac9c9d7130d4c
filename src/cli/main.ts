/** The command line: parses, calls a command, and is the only place that turns an error into an exit code. */
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../cluster/program.ts';
import { drivers } from '../drivers/registry.ts';
import { exitCodes, ToolError } from '../errors.ts';
import { faults } from '../faults/registry.ts';
import { auditCommand } from './commands/audit.ts';
import { doctorCommand } from './commands/doctor.ts';
import { journalCommand } from './commands/journal.ts';
import { listCommand } from './commands/list.ts';
import { planCommand } from './commands/plan.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';

const exitCodeHelp = `
Exit codes:
  0 pass   1 fail   2 usage or profile error   3 inconclusive   4 set-up (a broker did not start, an address does not
  answer)   70 a bug of mqchaos   130, 143 interrupted (what there was is audited)

First steps:
  mqchaos run quick            start two brokers, kill one, say what happened to every message
  mqchaos list                 profiles, faults and drivers
  mqchaos plan quick           what a run would do`;

const program = new Command('mqchaos')
  .description('Chaos testing for message brokers: kill things while messages are in flight, then prove what happened.')
  .version(packageVersion)
  .showSuggestionAfterError()
  .addHelpText('after', exitCodeHelp);

const commands = [
  runCommand(),
  planCommand(),
  auditCommand(),
  reportCommand(),
  journalCommand(),
  listCommand({ faults, drivers }),
  doctorCommand(),
];
for (const command of commands) program.addCommand(command);
overrideExits(program);

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0); // the reader of our output has seen enough
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Says what went wrong on stderr and returns the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.pass : exitCodes.usage;
  if (error instanceof ToolError) {
    process.stderr.write(`✗ ${error.message}\n${error.hint === undefined ? '' : `  hint  ${error.hint}\n`}`);
    return error.exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`✗ a bug of mqchaos: please report it\n${text}\n`);
  return exitCodes.internal;
}

/** commander exits by itself, with 1 for a usage error; ours is 2. */
function overrideExits(command: Command): void {
  command.exitOverride();
  for (const sub of command.commands) overrideExits(sub);
}

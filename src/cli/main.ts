/** The command line: parses, calls a command, and is the only place that turns an error into an exit code. */
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../cluster/program.ts';
import { exitCodes, ToolError } from '../errors.ts';
import { isAtWork } from './interruption.ts';
import { asCalled, openTerminal } from './terminal.ts';

const help = `
Exit codes:
  0 pass   1 fail   2 usage or profile error   3 inconclusive   4 set-up (a broker did not start, an address does not
  answer)   70 a bug of mqchaos   129, 130, 143 interrupted (what there was is audited)

First steps:
  mqchaos run quick            start two brokers, kill one, say what happened to every message
  mqchaos matrix               every measure against loss and doubles, on and off, in one table
  mqchaos list                 profiles, faults, brokers and measures
  mqchaos plan quick           what a run would do
  mqchaos explain              why the worst messages of the latest run are what they are`;

// options are not read yet when a command line is wrong
const terminal = openTerminal({ color: !process.argv.includes('--no-color'), quiet: false });

const program = new Command('mqchaos')
  .description('chaos testing for message brokers: kill things while messages are in flight, then prove what happened')
  .version(packageVersion)
  .addHelpText('after', asCalled(help));

/** In the order of the help. A command line that names one loads no other: what it needs not, it does not wait for. */
const loaders: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.ts')).runCommand(),
  matrix: async () => (await import('./commands/matrix.ts')).matrixCommand(),
  plan: async () => (await import('./commands/plan.ts')).planCommand(),
  audit: async () => (await import('./commands/audit.ts')).auditCommand(),
  report: async () => (await import('./commands/report.ts')).reportCommand(),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(),
  journal: async () => (await import('./commands/journal.ts')).journalCommand(),
  list: async () => {
    const [{ listCommand }, { faults }, { products }] = await Promise.all([
      import('./commands/list.ts'),
      import('../faults/registry.ts'),
      import('../products/registry.ts'),
    ]);
    return listCommand({ faults, brokers: products });
  },
  broker: async () => (await import('./commands/broker.ts')).brokerCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  fetch: async () => (await import('./commands/fetch.ts')).fetchCommand(),
};
const [, , called = ''] = process.argv;
const loading = Object.entries(loaders).filter(([name]) => !Object.hasOwn(loaders, called) || name === called);
const commands = await Promise.all(loading.map(([, load]) => load()));
for (const command of commands) program.addCommand(command);
overrideExits(program);

/** Nobody reads any more: a pipe that was closed, a terminal that was. */
const gone = ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'];
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!gone.includes(error.code ?? '')) throw error;
    if (!isAtWork() && stream === process.stdout) process.exit(process.exitCode ?? 0); // its reader has seen enough
  });
}
// what nobody awaited: we are in no state to go on, and the reaper undoes what is left
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => process.exit(explain(error)));
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Says what went wrong on stderr and returns the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return explainUsage(error);
  if (error instanceof ToolError) {
    terminal.fail(error.message, error.hint);
    return error.exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.fail(`a bug of mqchaos: please report it\n${text}`);
  return exitCodes.internal;
}

/** `error: unknown option '--sed'\n(Did you mean --seed?)`; help that was asked for or stands for it is no error. */
function explainUsage({ exitCode, code, message }: CommanderError): number {
  if (exitCode === 0) return exitCodes.pass;
  if (code === 'commander.help') return exitCodes.usage;
  const [what = message, suggestion] = message.replace(/^error: /, '').split('\n');
  const command = commands.find((each) => each.name() === process.argv[2]);
  const more = `mqchaos ${command === undefined ? '' : `${command.name()} `}--help`;
  const meant = suggestion?.replace(/^\(Did you mean (.*)\?\)$/, 'did you mean $1? ');
  terminal.fail(what, `${meant ?? ''}${more}`);
  return exitCodes.usage;
}

/** commander exits by itself, with 1 for a usage error, and prints errors in a form of its own. */
function overrideExits(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => {} });
  for (const sub of command.commands) overrideExits(sub);
}

/** The command line: parses, calls a command, and is the only place that turns an error into an exit code. */
import { CommanderError } from 'commander';
import { exitCodes, shortageOf, ToolError } from '../errors.ts';
import { annotate, forJob } from './github.ts';
import { isAtWork } from './interruption.ts';
import { createProgram } from './program.ts';
import { openTerminal } from './terminal.ts';
import { usageError } from './usage.ts';

// options are not read yet when a command line is wrong
const terminal = forJob(openTerminal({ color: !process.argv.includes('--no-color'), quiet: false }));
const program = await createProgram(process.argv[2]);

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
  const foreseen = error instanceof ToolError ? error : shortageOf(error);
  if (foreseen !== undefined) {
    const { message, hint, exitCode } = foreseen;
    terminal.fail(message, hint);
    const told = hint === undefined ? message : `${message}\nhint: ${hint}`;
    annotate(terminal, [{ level: 'error', title: 'mqchaos', message: told }]);
    return exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.fail(`a bug of mqchaos: please report it\n${text}`);
  return exitCodes.internal;
}

/** Help that was asked for or stands for it is no error. */
function explainUsage(error: CommanderError): number {
  if (error.exitCode === 0) return exitCodes.pass;
  if (error.code === 'commander.help') return exitCodes.usage;
  const { message, hint } = usageError(error, program, process.argv.slice(2));
  terminal.fail(message, hint);
  return exitCodes.usage;
}

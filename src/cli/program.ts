/** The commands, grouped by what one wants. Help and completion are made of commander's objects: a new command is one line here. */
import { Command } from 'commander';
import { packageVersion } from '../cluster/program.ts';
import { faults } from '../faults/registry.ts';
import { products } from '../products/registry.ts';
import type { UsualWords } from '../suggest.ts';
import { auditCommand } from './commands/audit.ts';
import { brokerCommand } from './commands/broker.ts';
import { completionCommand } from './commands/completion.ts';
import { doctorCommand } from './commands/doctor.ts';
import { fetchCommand } from './commands/fetch.ts';
import { initCommand } from './commands/init.ts';
import { journalCommand } from './commands/journal.ts';
import { listCommand } from './commands/list.ts';
import { matrixCommand } from './commands/matrix.ts';
import { planCommand } from './commands/plan.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { workerCommand } from './commands/worker.ts';
import { asCalled } from './terminal.ts';

function groups(): readonly (readonly [title: string, commands: readonly Command[]])[] {
  return [
    [
      'Run and look',
      [runCommand(), initCommand(), planCommand(), matrixCommand(), listCommand({ faults, brokers: products })],
    ],
    ['Investigate a run', [reportCommand(), runsCommand(), journalCommand()]],
    ['Judge records, of a run or your own', [auditCommand()]],
    ['A cluster to try things on', [brokerCommand()]],
    ['Workers of your own', [workerCommand()]],
    ['This machine', [doctorCommand(), fetchCommand(), completionCommand()]],
  ];
}

/** What the commands are usually called elsewhere. */
export const commandWords: UsualWords = {
  start: 'run',
  exec: 'run',
  test: 'run',
  check: 'plan',
  validate: 'plan',
  'dry-run': 'plan',
  ls: 'list',
  show: 'report',
  verify: 'audit',
  judge: 'audit',
  cluster: 'broker',
  clean: 'doctor clean',
  cleanup: 'doctor clean',
  install: 'fetch',
  download: 'fetch',
  completions: 'completion',
};

const help = `
First steps:
  mqchaos run quick        start two brokers, kill one, say what happened to
                           every message
  mqchaos init             write a first profile for a broker of yours
  mqchaos plan quick       what a run would do; nothing is started
  mqchaos list             profiles, findings, faults, brokers and measures
  mqchaos doctor           which brokers this machine can start

Exit codes:
    0  pass
    1  fail: a finding that is not expected, on positive evidence
    2  usage or profile error
    3  inconclusive: evidence is missing
    4  set-up: a broker did not start, an address does not answer
   70  a bug of mqchaos
  129, 130, 143  interrupted; what there was is audited`;

export function createProgram(): Command {
  const program = new Command('mqchaos')
    .description(
      'chaos testing for message brokers: kill things while messages are in flight, then prove what happened',
    )
    .version(packageVersion)
    .addHelpText('after', asCalled(help));
  for (const [title, commands] of groups()) {
    program.commandsGroup(`${title}:`);
    for (const command of commands) program.addCommand(command);
  }
  program.helpCommand('help [command]', 'say what a command does; the same as --help behind it');
  adapt(program);
  return program;
}

/**
 * commander exits by itself, with 1 for a usage error, and prints errors in a form of its own. In a list of commands their
 * names are enough, so that what they do fits beside them.
 */
function adapt(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => {} });
  command.configureHelp({ subcommandTerm: (sub) => sub.name() });
  for (const sub of command.commands) adapt(sub);
}

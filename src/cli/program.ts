/** The commands, grouped by what one wants. Help and completion are made of commander's objects: a new command is one line here. */
import { Command } from 'commander';
import { packageVersion } from '../cluster/program.ts';
import type { UsualWords } from '../suggest.ts';
import { asCalled } from './terminal.ts';

const groups: Readonly<Record<string, Readonly<Record<string, () => Promise<Command>>>>> = {
  'Run and look': {
    run: async () => (await import('./commands/run.ts')).runCommand(),
    init: async () => (await import('./commands/init.ts')).initCommand(),
    plan: async () => (await import('./commands/plan.ts')).planCommand(),
    matrix: async () => (await import('./commands/matrix.ts')).matrixCommand(),
    list: async () => {
      const [{ listCommand }, { faults }, { products }] = await Promise.all([
        import('./commands/list.ts'),
        import('../faults/registry.ts'),
        import('../products/registry.ts'),
      ]);
      return listCommand({ faults, brokers: products });
    },
  },
  'Investigate a run': {
    report: async () => (await import('./commands/report.ts')).reportCommand(),
    explain: async () => (await import('./commands/explain.ts')).explainCommand(),
    runs: async () => (await import('./commands/runs.ts')).runsCommand(),
    journal: async () => (await import('./commands/journal.ts')).journalCommand(),
  },
  'Judge records, of a run or your own': {
    audit: async () => (await import('./commands/audit.ts')).auditCommand(),
  },
  'A cluster to try things on': {
    broker: async () => (await import('./commands/broker.ts')).brokerCommand(),
    link: async () => (await import('./commands/link.ts')).linkCommand(),
  },
  'Workers of your own': {
    worker: async () => (await import('./commands/worker.ts')).workerCommand(),
  },
  'This machine': {
    doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
    fetch: async () => (await import('./commands/fetch.ts')).fetchCommand(),
    completion: async () => (await import('./commands/completion.ts')).completionCommand(),
  },
};

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
  proxy: 'link',
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
  mqchaos explain          why the worst messages of the latest run are what
                           they are
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

/**
 * @param called the command that a command line names: no other is loaded, for what it needs not it does not wait for. All are
 *   where it names none.
 */
export async function createProgram(called?: string): Promise<Command> {
  const program = new Command('mqchaos')
    .description(
      'chaos testing for message brokers: kill things while messages are in flight, then prove what happened',
    )
    .version(packageVersion)
    // options belong to the command that they follow: `link --json` and `link status --json` are two
    .enablePositionalOptions()
    .addHelpText('after', asCalled(help));
  const isKnown = Object.values(groups).some((loaders) => Object.hasOwn(loaders, called ?? ''));
  for (const [title, loaders] of Object.entries(groups)) {
    const wanted = Object.entries(loaders).filter(([name]) => !isKnown || name === called);
    if (wanted.length === 0) continue;
    program.commandsGroup(`${title}:`);
    for (const command of await Promise.all(wanted.map(([, load]) => load()))) program.addCommand(command);
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

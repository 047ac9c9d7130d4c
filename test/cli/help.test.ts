import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { usageError } from '../../src/cli/usage.ts';

/** All that is printed for `--help`, in 80 columns. */
function help(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 80 });
  command.outputHelp();
  return text;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

const program = await createProgram();
const leaves = everyCommand(program).filter(({ commands }) => commands.length === 0);

describe('help', () => {
  it('is grouped: no command is left over', () => {
    const headings = [...help(program).matchAll(/^(\S.*):$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([
      'Options',
      'Run and look',
      'Investigate a run',
      'Judge records, of a run or your own',
      'A cluster to try things on',
      'Workers of your own',
      'This machine',
      'First steps',
      'Exit codes',
    ]);
  });

  it.each(leaves.map((command) => [command.name(), command] as const))('%s has examples', (_, command) => {
    expect(help(command)).toMatch(/\nExamples:\n {2}(npx )?\S/);
  });

  it.each(everyCommand(program).map((command) => [command.name(), command] as const))('%s fits', (_, command) => {
    const long = help(command)
      .split('\n')
      .filter((line) => line.length > 80 && !/mqchaos/.test(line));
    expect(long).toEqual([]);
  });
});

describe('a wrong command line', () => {
  it.each([
    ['rnu', "unknown command 'rnu'", 'did you mean mqchaos run? mqchaos --help'],
    ['quick', "unknown command 'quick'", 'did you mean mqchaos run quick? mqchaos --help'],
    ['my.yaml', "unknown command 'my.yaml'", 'did you mean mqchaos run my.yaml? mqchaos --help'],
    ['validate', "unknown command 'validate'", 'did you mean mqchaos plan? mqchaos --help'],
    ['clean', "unknown command 'clean'", 'did you mean mqchaos doctor clean? mqchaos --help'],
    ['frobnicate', "unknown command 'frobnicate'", 'mqchaos --help'],
    ['broker strat', "unknown command 'strat'", 'did you mean mqchaos broker start? mqchaos broker --help'],
    ['doctor claen', "unknown command 'claen'", 'did you mean mqchaos doctor clean? mqchaos doctor --help'],
    ['run quick --sed 1', "unknown option '--sed'", 'did you mean --seed or --set? mqchaos run --help'],
    ['broker start --master 2', "unknown option '--master'", 'did you mean --masters? mqchaos broker start --help'],
    ['report a b', "too many arguments for 'report'. Expected 1 argument but got 2.", 'mqchaos report --help'],
    [
      'list profile',
      "command-argument value 'profile' is invalid for argument 'kind'. Allowed choices are profiles, findings, faults, brokers, measures, formats; did you mean 'profiles'?",
      'mqchaos list --help',
    ],
  ])('%s', async (line, message, hint) => {
    const words = line.split(' ');
    const parsed = await createProgram();
    const error = await parsed.parseAsync(words, { from: 'user' }).catch((thrown: unknown) => thrown);
    expect(usageError(error as never, parsed, words)).toEqual({ message, hint });
  });
});

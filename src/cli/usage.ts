/** What is wrong with a command line, and what was meant. */
import type { Command, CommanderError } from 'commander';
import { bundledProfiles, findingProfiles } from '../profile/text/find.ts';
import { didYouMean, suggestions } from '../suggest.ts';
import { commandWords } from './program.ts';

export interface UsageError {
  readonly message: string;
  readonly hint: string;
}

/** Of an error of commander's: `error: unknown option '--sed'\n(Did you mean --seed?)`. */
export function usageError(error: CommanderError, program: Command, words: readonly string[]): UsageError {
  const [what = error.message, suggestion] = error.message.replace(/^error: /, '').split('\n');
  const { command, path, rest } = reached(program, words);
  const more = `${path} --help`;
  const first = rest.find((word) => !word.startsWith('-')) ?? '';
  switch (error.code) {
    case 'commander.unknownCommand':
      return { message: what, hint: hintFor(command, path, first, more) };
    case 'commander.excessArguments':
      return command.commands.length === 0
        ? { message: what, hint: more }
        : { message: `unknown command '${first}'`, hint: hintFor(command, path, first, more) };
    case 'commander.invalidArgument': {
      const [, given = '', choices] = /'([^']*)' is invalid.* choices are (.*)\.$/.exec(what) ?? [];
      const meant = choices === undefined ? '' : didYouMean(given, choices.split(', '));
      return { message: `${what.replace(/\.$/, '')}${meant}`, hint: more };
    }
    default: {
      const meant = suggestion
        ?.replace(/^\(Did you mean (?:one of )?(.*)\?\)$/, 'did you mean $1? ')
        .replace(/, (\S+\?)/, ' or $1');
      return { message: what, hint: `${meant ?? ''}${more}` };
    }
  }
}

/** The command that the words lead to, what it is called, and the words behind it. */
function reached(
  program: Command,
  words: readonly string[],
): { command: Command; path: string; rest: readonly string[] } {
  let command = program;
  let at = 0;
  for (;;) {
    const next = command.commands.find((each) => each.name() === words[at]);
    if (next === undefined) break;
    command = next;
    at += 1;
  }
  return { command, path: [program.name(), ...words.slice(0, at)].join(' '), rest: words.slice(at) };
}

/** For the name of a command that there is not: a slip, another word for it, or a profile without `run`. */
function hintFor(command: Command, path: string, written: string, more: string): string {
  const isRoot = command.parent === null;
  const names = command.commands.map((each) => each.name());
  const meant = suggestions(written, names, isRoot ? commandWords : {}).map((name) => `${path} ${name}`);
  const isProfile =
    isRoot && (/\.ya?ml$/.test(written) || [...bundledProfiles(), ...findingProfiles()].includes(written));
  const commands = isProfile ? [`${path} run ${written}`] : meant;
  return commands.length === 0 ? more : `did you mean ${commands.join(' or ')}? ${more}`;
}

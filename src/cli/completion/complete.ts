/** What may stand at the end of a command line. */
import type { CommandTree, OptionTree, ValueTree, Word } from './tree.ts';

/** The words of a kind, and whether names of files or folders are among them, which the shell itself completes. */
export interface Values {
  readonly words: readonly Word[];
  readonly paths?: 'files' | 'folders';
}

/**
 * @param words those behind the program's name; the last is the one that is completed, and may be empty.
 * @param valuesOf what a value of a kind may be, behind the arguments that stand before it.
 */
export function complete(
  tree: CommandTree,
  words: readonly string[],
  valuesOf: (kind: string, given: readonly string[]) => Values,
): Values {
  const before = walk(tree, words.slice(0, -1));
  const current = words.at(-1) ?? '';
  const [, flag, start] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  const of = (value: ValueTree): Values =>
    value.choices === undefined ? valuesOf(value.kind, before.given) : { words: asWords(value) };
  const { awaited } = before;
  const isOver = awaited?.variadic === true && current.startsWith('-');
  if (awaited !== undefined && !isOver) return startingWith(current, of(awaited));
  if (flag !== undefined && start !== undefined) {
    const value = before.command.options.find(({ flags }) => flags.includes(flag))?.value;
    const { words: found } = startingWith(start, value === undefined ? { words: [] } : of(value));
    return { words: found.map((each) => ({ ...each, word: `${flag}=${each.word}` })) };
  }
  const options = before.options ? optionWords(before.command.options, words.slice(0, -1)) : [];
  if (current.startsWith('-')) return startingWith(current, { words: options });
  const { commands, arguments: asked } = before.command;
  const value = asked[before.given.length] ?? (asked.at(-1)?.variadic === true ? asked.at(-1) : undefined);
  const values = value === undefined ? { words: [] } : of(value);
  const names = before.given.length === 0 ? commands.map(({ name, description }) => ({ word: name, description })) : [];
  const found = { ...values, words: [...names, ...values.words] };
  // with nothing else to say, an option is what may come
  return startingWith(current, found.words.length === 0 && found.paths === undefined ? { words: options } : found);
}

interface Walked {
  readonly command: CommandTree;
  /** Arguments that were given to it. */
  readonly given: readonly string[];
  /** The value of an option is to come. */
  readonly awaited: ValueTree | undefined;
  /** Options may come. */
  readonly options: boolean;
}

function walk(tree: CommandTree, words: readonly string[]): Walked {
  let command = tree;
  const given: string[] = [];
  let awaited: ValueTree | undefined;
  let options = true;
  for (const word of words) {
    const isOption = options && word.startsWith('-');
    if (awaited !== undefined && !(awaited.variadic && isOption)) {
      if (!awaited.variadic) awaited = undefined;
      continue;
    }
    awaited = undefined;
    const sub: CommandTree | undefined = command.commands.find(({ name }) => name === word);
    if (word === '--') options = false;
    else if (isOption) awaited = command.options.find(({ flags }) => flags.includes(word))?.value;
    else if (sub !== undefined && given.length === 0) command = sub;
    else given.push(word);
  }
  return { command, given, awaited, options };
}

/** Without those that stand there already, but for those that may be repeated. */
function optionWords(options: readonly OptionTree[], words: readonly string[]): Word[] {
  return options
    .filter(({ flags, description }) => !flags.some((flag) => words.includes(flag)) || /repeated/.test(description))
    .map(({ flags, description }) => ({ word: flags.at(-1) ?? '', description }));
}

function asWords({ choices = [] }: ValueTree): Word[] {
  return choices.map((word) => ({ word }));
}

function startingWith(start: string, { words, ...rest }: Values): Values {
  return { ...rest, words: words.filter(({ word }) => word.startsWith(start)) };
}

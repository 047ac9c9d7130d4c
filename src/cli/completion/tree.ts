/** The commands as completion needs them: made of commander's objects when mqchaos is built, so that Tab loads no command. */
import type { Command } from 'commander';

export interface CommandTree {
  readonly name: string;
  readonly description: string;
  readonly commands: readonly CommandTree[];
  readonly options: readonly OptionTree[];
  readonly arguments: readonly ValueTree[];
}

export interface OptionTree {
  /** `--seed`, or `-h` and `--help`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Absent: it takes none. */
  readonly value?: ValueTree;
}

/** A value that is asked for; its name in the help says of which kind it is: `profile`, `dir`, or `async|sync`. */
export interface ValueTree {
  readonly kind: string;
  readonly variadic: boolean;
  readonly choices?: readonly string[];
}

/** What a value may be, by its kind, where that is known before anything is looked up. */
export type Vocabulary = Readonly<Record<string, readonly Word[]>>;

export interface Word {
  readonly word: string;
  readonly description?: string;
}

export function commandTree(command: Command): CommandTree {
  const help = command.createHelp();
  return {
    name: command.name(),
    description: command.description(),
    commands: help.visibleCommands(command).map((sub) => commandTree(sub)),
    options: help.visibleOptions(command).map(({ short, long, description, flags, variadic, argChoices }) => {
      const placeholder = /[<[]([^>\]]+?)(?:\.\.\.)?[>\]]/.exec(flags)?.[1];
      return {
        flags: [short, long].filter((flag) => flag !== undefined),
        description,
        ...(placeholder === undefined ? {} : { value: value(placeholder, variadic, argChoices) }),
      };
    }),
    arguments: command.registeredArguments.map((argument) =>
      value(argument.name(), argument.variadic, argument.argChoices),
    ),
  };
}

function value(kind: string, variadic: boolean, choices: readonly string[] | undefined): ValueTree {
  const words = choices ?? (kind.includes('|') ? kind.split('|') : undefined);
  return { kind, variadic, ...(words === undefined ? {} : { choices: words }) };
}

/** Options that several commands have, each written once. */
import type { Command } from 'commander';
import { ToolError } from '../errors.ts';
import { parseSeed } from '../plan/seed.ts';
import type { LoadOptions } from '../profile/load.ts';
import { forJob, type JobTerminal } from './github.ts';
import { openTerminal } from './terminal.ts';

const mostRepeats = 10_000;

export interface OutputOptions {
  readonly json?: true;
  readonly quiet?: true;
  readonly color: boolean;
}

/** Every command has these. `json` says what the document is. */
export function withOutput(command: Command, json: string): Command {
  return command.option('--json', json).option('--quiet', 'no talk on stderr').option('--no-color', 'no colours');
}

export function terminalOf({ color, quiet }: OutputOptions): JobTerminal {
  return forJob(openTerminal({ color, quiet: quiet === true }));
}

/** For commands that make plans of profiles. */
export interface ProfileOptions {
  readonly seed?: number;
  readonly set?: readonly string[];
  readonly broker?: string;
  readonly allowRemote?: true;
}

/** For commands that make a plan of a profile. */
export function withProfile(command: Command): Command {
  return command
    .option(
      '--seed <number>',
      'fixes every random choice; 0 to 4294967295, decimal or 0x hex (default: drawn)',
      parseSeed,
    )
    .option('--broker <broker>', 'put the profile on this broker, with its defaults: mqchaos list brokers')
    .option('--set <key=value>', 'change a key of the profile, such as faults.0.for=3s; may be repeated', collect)
    .option('--allow-remote', 'allow a cluster that is not on this machine');
}

/** What a profile is loaded with. */
export function loadOptions({ set, broker, allowRemote }: ProfileOptions): LoadOptions {
  return { set: set ?? [], allowRemote: allowRemote === true, ...(broker === undefined ? {} : { broker }) };
}

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** How often something is run. @throws ToolError (exit 2). */
export function parseRepeat(text: string): number {
  const repeat = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (repeat >= 1 && repeat <= mostRepeats) return repeat;
  throw new ToolError(`--repeat: expected a whole number from 1 to ${mostRepeats}, got '${text}'`, {
    code: 'repeat',
    hint: 'how often it is run, with another seed each time',
  });
}

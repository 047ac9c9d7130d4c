/**
 * How the tool talks: results on stdout, everything else on stderr. Meaning is never by colour alone: every mark has its
 * word. NO_COLOR, FORCE_COLOR and --no-color are honoured.
 */
import { Chalk, type ChalkInstance, supportsColorStderr } from 'chalk';

export interface Terminal {
  readonly color: ChalkInstance;
  /** stderr is a terminal that a live line may be drawn on. */
  readonly live: boolean;
  /** A result, on stdout. */
  result(text: string): void;
  /** Talk, on stderr. */
  say(text: string): void;
}

export function openTerminal(options: { color: boolean; quiet: boolean }): Terminal {
  const level = options.color && supportsColorStderr !== false ? supportsColorStderr.level : 0;
  return {
    color: new Chalk({ level }),
    live: process.stderr.isTTY === true && process.env.CI === undefined && !options.quiet,
    result: (text) => void process.stdout.write(`${text}\n`),
    say: (text) => {
      if (!options.quiet) process.stderr.write(`${text}\n`);
    },
  };
}

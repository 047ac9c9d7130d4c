/**
 * How the tool talks: results on stdout, everything else on stderr; nothing else writes to either. Meaning is never by
 * colour alone: every mark has its word. NO_COLOR, FORCE_COLOR and --no-color are honoured.
 */
import { once } from 'node:events';
import { Chalk, type ChalkInstance, type ColorInfo, supportsColor, supportsColorStderr } from 'chalk';

export interface Terminal {
  /** Colours of stderr, for talk. */
  readonly color: ChalkInstance;
  /** Colours of stdout, for results. */
  readonly paint: ChalkInstance;
  /** stderr is a terminal that a live line may be drawn on. */
  readonly live: boolean;
  /** A result, on stdout. */
  result(text: string): void;
  /** Resolves when stdout takes more. */
  flushed(): Promise<void>;
  /** Talk, on stderr. */
  say(text: string): void;
  /** What went wrong and the next thing to do, on stderr, even when it is to be quiet. */
  fail(message: string, hint?: string): void;
}

export function openTerminal(options: { color: boolean; quiet: boolean }): Terminal {
  const { color, quiet } = options;
  const talk = new Chalk({ level: levelOf(color, supportsColorStderr) });
  return {
    color: talk,
    paint: new Chalk({ level: levelOf(color, supportsColor) }),
    live: process.stderr.isTTY === true && process.env.CI === undefined && !quiet,
    result: (text) => void process.stdout.write(`${text}\n`),
    flushed: async () => {
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
    },
    say: (text) => {
      if (!quiet) process.stderr.write(`${text}\n`);
    },
    fail: (message, hint) => {
      const next = hint === undefined ? '' : `  hint  ${asCalled(hint)}\n`;
      process.stderr.write(`${talk.red('✗')} ${message}\n${next}`);
    },
  };
}

/** A text that tells commands, such that they can be pasted by somebody who calls the tool through npx. */
export function asCalled(text: string): string {
  const { npm_lifecycle_event: event, npm_lifecycle_script: script } = process.env;
  if (event !== 'npx' || !/^'?mqchaos\b/.test(script ?? '')) return text;
  return text.replaceAll(
    /(?<!npx )\bmqchaos (?=run|matrix|plan|audit|report|explain|journal|list|broker|doctor|fetch|--help)/g,
    'npx mqchaos ',
  );
}

/** chalk knows FORCE_COLOR, but not https://no-color.org. */
function levelOf(color: boolean, supported: ColorInfo): 0 | 1 | 2 | 3 {
  const { NO_COLOR: none, FORCE_COLOR: force } = process.env;
  if (!color || supported === false) return 0;
  return none !== undefined && none !== '' && force === undefined ? 0 : supported.level;
}

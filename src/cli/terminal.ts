/**
 * How the tool talks: results on stdout, everything else on stderr; nothing else writes to either. Meaning is never by
 * colour alone: every mark has its word. NO_COLOR, FORCE_COLOR and --no-color are honoured.
 */
import { once } from 'node:events';
import { Chalk, type ChalkInstance, type ColorInfo, supportsColor, supportsColorStderr } from 'chalk';
import { columnsFor, usualColumns } from '../report/words/layout.ts';

export interface Terminal {
  /** Colours of stderr, for talk. */
  readonly color: ChalkInstance;
  /** Colours of stdout, for results. */
  readonly paint: ChalkInstance;
  /** How wide results are to be: the terminal's width, within reason. */
  readonly columns: number;
  /** The same of lists, which have no bound where no terminal is: there each entry is a line, for other programs. */
  readonly listColumns: number;
  /** The same of tables of data, which are as wide as the terminal, however wide that is. */
  readonly tableColumns: number;
  /** stderr is a terminal that may be drawn on. */
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
    get columns() {
      return columnsFor(process.stdout.columns ?? process.stderr.columns);
    },
    get listColumns() {
      return process.stdout.isTTY === true ? this.columns : Number.POSITIVE_INFINITY;
    },
    get tableColumns() {
      return process.stdout.isTTY === true ? process.stdout.columns || usualColumns : Number.POSITIVE_INFINITY;
    },
    live: process.stderr.isTTY === true && !quiet && canDraw(process.env),
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
    /(?<!npx )\bmqchaos (?=runs?|init|matrix|plan|audit|report|explain|query|journal|list|broker|worker|doctor|fetch|completion|--help)/g,
    'npx mqchaos ',
  );
}

/** A log that is read later is no screen, and a dumb terminal cannot go back to a line. `CI=false` is no CI. */
export function canDraw({ CI: ci, TERM: term }: NodeJS.ProcessEnv): boolean {
  return term !== 'dumb' && (ci === undefined || ci === '' || ci === 'false');
}

/**
 * chalk knows FORCE_COLOR, but not https://no-color.org, of which FORCE_COLOR is the stronger as in Node; and it makes no
 * number of `FORCE_COLOR=yes`.
 */
function levelOf(color: boolean, supported: ColorInfo): 0 | 1 | 2 | 3 {
  const { NO_COLOR: none, FORCE_COLOR: force } = process.env;
  if (!color || supported === false) return 0;
  if (none !== undefined && none !== '' && force === undefined) return 0;
  return Number.isInteger(supported.level) ? supported.level : 1;
}

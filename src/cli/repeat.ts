/** `mqchaos run PROFILE --repeat N`: a line for each run that is done, and the table over seeds. */
import { counted as countOf } from '../counted.ts';
import type { Plan } from '../plan/plan.ts';
import { annotationsOfRepeat } from '../repeat/annotations.ts';
import { makeRepeatFolder } from '../repeat/folder.ts';
import { repeatMarkdown } from '../repeat/markdown.ts';
import type { Asked, RepeatedRun, Step } from '../repeat/record.ts';
import { type RepeatEnd, type RepeatObserver, repeat } from '../repeat/repeat.ts';
import { renderRepeatTable } from '../repeat/table.ts';
import { exitCodeOfRun } from './exit-codes.ts';
import { type JobTerminal, tellGitHub } from './github.ts';
import { interruptions } from './interruption.ts';
import { Lines } from './live/lines.ts';
import { shownPath } from './shown-path.ts';
import { asCalled, type Terminal } from './terminal.ts';

export interface RepeatOptions extends Omit<Asked, 'startedAt'> {
  readonly out: string | undefined;
  readonly json: boolean;
}

/** Ends with the verdict over all runs, or as interrupted. */
export async function repeatProfile(
  planOf: (seed: number) => Plan,
  { out, json, ...chosen }: RepeatOptions,
  terminal: JobTerminal,
): Promise<void> {
  planOf(chosen.seed); // what is wrong with it shows before there is a folder
  const folder = makeRepeatFolder(chosen.seed, out);
  terminal.say(`seed ${chosen.seed}  ${chosen.profile}: ${countOf(chosen.repeat, 'run')}, each with its own seed`);
  terminal.say(`       folder ${shownPath(folder)}`);
  const asked = { ...chosen, startedAt: new Date().toISOString() };
  const { record, cut } = await watched(folder, asked, planOf, terminal);
  const exitCode = exitCodeOfRun(cut, record.verdict);
  if (json) terminal.result(JSON.stringify(record, undefined, 2));
  else {
    const table = renderRepeatTable(record, {
      paint: terminal.paint,
      columns: terminal.columns,
      exitCode,
      folder: shownPath(folder),
    });
    terminal.result(asCalled(table));
  }
  tellGitHub(terminal, annotationsOfRepeat(record), repeatMarkdown(record));
  process.exitCode = exitCode;
}

async function watched(
  folder: string,
  asked: Asked,
  planOf: (seed: number) => Plan,
  terminal: Terminal,
): Promise<RepeatEnd> {
  const progress = new Progress(terminal, asked.repeat);
  using interruption = interruptions((text) => progress.note(text));
  return await repeat(folder, asked, planOf, progress, interruption.signal);
}

class Progress implements RepeatObserver {
  readonly #terminal: Terminal;
  readonly #total: number;
  #live: Lines | undefined;

  constructor(terminal: Terminal, total: number) {
    this.#terminal = terminal;
    this.#total = total;
  }

  begin(step: Step): Lines {
    this.#live = new Lines(this.#terminal, `${this.#title(step)} `);
    return this.#live;
  }

  done(run: RepeatedRun, counted: boolean): void {
    this.#live = undefined;
    const { color } = this.#terminal;
    const { verdict, lost, duplicates, tookMs, reasons } = run;
    const mark = verdict === 'pass' ? color.green('✓') : color.red('✗');
    const end = counted ? verdict : 'interrupted: it does not count';
    const took = `${(tookMs / 1000).toFixed(1).padStart(6)} s`;
    this.#terminal.say(`${this.#title(run)} ${took}  ${mark} ${end}  lost ${lost}  duplicates ${duplicates}`);
    if (verdict !== 'pass') for (const reason of reasons) this.#terminal.say(`      ${reason}`);
  }

  /** A line that stays, whatever is being drawn. */
  note(text: string): void {
    if (this.#live === undefined) this.#terminal.say(text);
    else this.#live.note(text);
  }

  /** ` 3/20  seed 1234567890`. */
  #title({ repetition, seed }: Step): string {
    const place = `${String(repetition).padStart(String(this.#total).length)}/${this.#total}`;
    return `${place}  seed ${String(seed).padEnd(10)}`;
  }
}

/**
 * Lines at the bottom of a terminal that are drawn anew again and again. What is said meanwhile stands above them. Nothing
 * of them is left when the terminal changes its size, nor at the end.
 */
import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';

/** What a screen needs of a terminal. */
export type ScreenStream = Pick<WriteStream, 'write' | 'on' | 'off' | 'getWindowSize'>;

/** The lines for so many columns and rows: no line is wider, and there are no more of them. */
export type Render = (columns: number, rows: number) => readonly string[];

export class Screen implements Disposable {
  readonly #stream: ScreenStream;
  readonly #render: Render;
  readonly #reflows: boolean;
  readonly #onResize = (): void => this.refresh();
  /** Also where the process ends at once, as with a second Ctrl-C. */
  readonly #onExit = (): void => this[Symbol.dispose]();
  #drawn: readonly string[] = [];
  #columns = 0;
  #ended = false;

  /** Draws at once. */
  constructor(stream: ScreenStream, render: Render, environment: NodeJS.ProcessEnv = process.env) {
    this.#stream = stream;
    this.#render = render;
    this.#reflows = !cutsLines.some((name) => environment[name] !== undefined);
    stream.on('resize', this.#onResize);
    process.on('exit', this.#onExit);
    this.refresh();
  }

  refresh(): void {
    if (this.#ended) return;
    const [columns, rows] = this.#size();
    // the line below the last is where the cursor stands
    const lines = this.#render(columns, Math.max(0, rows - 1));
    const isInPlace = columns === this.#columns && lines.length === this.#drawn.length;
    // behind a full row the cursor stands on its last column
    const text = lines.map((line) => `${line}${widthOf(line) < columns ? eraseToEnd : ''}\n`).join('');
    this.#write(`${isInPlace ? upBy(lines.length) : this.#erased(columns)}${text}${eraseToEnd}`);
    this.#drawn = lines;
    this.#columns = columns;
  }

  /** Lines that stay, above the others. */
  say(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join('');
    this.#write(`${this.#erased(this.#size()[0])}${breakLines}${text}${cutLines}`);
    this.#drawn = [];
    this.refresh();
  }

  /** Takes the lines away; nothing is drawn any more. */
  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream.off('resize', this.#onResize);
    process.off('exit', this.#onExit);
    this.#write(this.#erased(this.#size()[0]));
  }

  /**
   * Takes away what is drawn, row by row, and leaves the cursor where it began: a terminal that is told to clear all from
   * its first row on keeps that in its history. In one that has become narrower a line takes several rows now. That may
   * have been some draws ago, as tmux tells of a new width a moment late: since these draws had their lines cut, they began
   * as much too low as there were rows too many, so that the number of rows is the same.
   */
  #erased(columns: number): string {
    const rowsOf = (line: string): number => (this.#reflows ? Math.max(1, Math.ceil(widthOf(line) / columns)) : 1);
    const rows = this.#drawn.reduce((sum, line) => sum + rowsOf(line), 0);
    return `${upBy(rows)}${`${eraseRow}${down}`.repeat(rows)}${eraseRow}${upBy(rows)}`;
  }

  #size(): readonly [columns: number, rows: number] {
    const [columns, rows] = this.#stream.getWindowSize();
    return [columns > 0 ? columns : 80, rows > 0 ? rows : 24];
  }

  /** In one piece, which terminals that know of it show at once (https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036). */
  #write(text: string): void {
    this.#stream.write(`\u001B[?2026h${cutLines}${text}${breakLines}\u001B[?2026l`);
  }
}

const eraseToEnd = '\u001B[K';
const eraseRow = '\u001B[2K';
const down = '\u001B[B';
/** What is too long for a row is cut there, or goes on in the next. */
const cutLines = '\u001B[?7l';
const breakLines = '\u001B[?7h';

function widthOf(line: string): number {
  return stripVTControlCharacters(line).length;
}

/** To the beginning of the row that is so many above. */
function upBy(rows: number): string {
  return rows === 0 ? '\r' : `\r\u001B[${rows}A`;
}

/** xterm and GNU screen cut lines that have become too long; others break them. */
const cutsLines = ['XTERM_VERSION', 'STY'];

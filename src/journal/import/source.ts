/** The files of one side: their records one after another, and what could not be read of them. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { messageOf, ToolError } from '../../errors.ts';
import { advice, type Chosen, choose, type ForeignFiles, filesOf } from './choice.ts';
import type { AbsentField, Ending, Reader } from './formats/format.ts';
import { beginsAsGzip, eachLine, standardInput, unreadable } from './lines.ts';
import type { ReceivedRecord, RecordOf, Side } from './record.ts';

const shownLines = 5;
/** So many lines in a row that are no records, and none before: the file is not what it was given as. */
const mostStrange = 100;

export class Source<S extends Side> {
  readonly name: string;
  readonly chosen: Chosen<S>;
  records = 0;
  /** About what its lines take, decompressed. */
  sizeBytes = 0;
  /** Lines that could not be read, and gaps that a file itself shows. */
  malformed = 0;
  /** Lines about something else. */
  others = 0;
  /** Some received record names no session. */
  sessionless = false;
  readonly endings: { readonly file: string; readonly ending: Ending }[] = [];
  readonly #paths: readonly string[];
  readonly #examples: string[] = [];
  #strange: { readonly where: string; readonly why: string; readonly text: string | undefined } | undefined;

  private constructor(chosen: Chosen<S>, paths: readonly string[]) {
    const [first = standardInput, ...more] = paths;
    this.name = more.length === 0 ? nameOf(first) : `${nameOf(first)} and ${more.length} more`;
    this.chosen = chosen;
    this.#paths = paths;
  }

  /** @throws ToolError (exit 2) for a format, map or filter that cannot be. */
  static async open<S extends Side>(side: S, given: ForeignFiles | string): Promise<Source<S>> {
    const files = filesOf(given);
    return new Source(await choose(side, files), files.files);
  }

  /**
   * @throws ToolError (exit 2) `unreadable`; `no-such-field` for a map that names what no record has; `wrong-format` for a
   *   file in which no line is a record.
   */
  async read(onRecord: (record: RecordOf[S], file: number) => void): Promise<void> {
    for (const [file, path] of this.#paths.entries()) await this.#readFile(path, (record) => onRecord(record, file));
    const [absent] = this.chosen.open.absent?.() ?? [];
    if (absent !== undefined && this.records > 0) throw this.#misspelt(absent);
    if (this.records === 0 && this.#strange !== undefined) throw this.#wrongFormat();
  }

  /** Sentences: what of it could not be read. */
  incidents(): string[] {
    if (this.records === 0 && this.malformed === 0) return [`${this.name} holds no record`];
    if (this.malformed === 0) return [];
    const more = this.malformed - this.#examples.length;
    const count = this.malformed === 1 ? '1 line' : `${this.malformed} lines`;
    return [`${count} could not be read: ${this.#examples.join('; ')}${more > 0 ? `; and ${more} more` : ''}`];
  }

  /** The first of its files that says so of itself, as half a sentence with its name. */
  own(what: 'unanswered' | 'incomplete'): string | undefined {
    const found = this.endings.find(({ ending }) => ending[what] !== undefined);
    return found === undefined ? undefined : `${found.file}: ${found.ending[what]}`;
  }

  async #readFile(path: string, onRecord: (record: RecordOf[S]) => void): Promise<void> {
    const file = nameOf(path);
    const { format } = this.chosen;
    const reader: Reader<RecordOf[S]> = this.chosen.open(file);
    const emit = (record: RecordOf[S]): void => {
      this.records += 1;
      if ((record as ReceivedRecord).session === undefined) this.sessionless = true;
      onRecord(record);
    };
    await eachLine(path, {
      line: (text, number, ended) => {
        this.sizeBytes += (text?.length ?? 0) + 1;
        try {
          if (text === undefined) throw new Error('not UTF-8, or longer than 16 MiB');
          if (!ended && format.cuttable === true)
            throw new Error('the file ends without a newline: this line may be cut');
          const about = reader.line(text, emit);
          if (about === 'prose' && !ended) throw new Error('the file ends without a newline: this line may be cut');
          if (about !== undefined) this.others += 1;
        } catch (error) {
          if (error instanceof ToolError) throw error;
          this.#malformed(`${file}:${number}`, messageOf(error), text);
        }
      },
      broken: (number, why) => this.#malformed(`${file}:${number}`, why, undefined),
    });
    const ending = reader.end?.(emit);
    if (ending === undefined) return;
    this.endings.push({ file, ending });
    if (ending.missing !== undefined) this.#malformed(file, ending.missing, undefined);
  }

  #malformed(where: string, why: string, text: string | undefined): void {
    this.malformed += 1;
    if (this.#examples.length < shownLines) this.#examples.push(`${where}: ${why}`);
    if (this.records > 0) return;
    if (this.#strange === undefined || (this.#strange.text === undefined && text !== undefined)) {
      this.#strange = { where, why, text };
    }
    if (this.malformed >= mostStrange) throw this.#wrongFormat();
  }

  #misspelt({ field, path, names }: AbsentField): ToolError {
    return new ToolError(`no line of ${this.name} has ${path}, where --map says that ${field} is`, {
      code: 'no-such-field',
      hint: `its first record has ${names.join(', ')}`,
    });
  }

  #wrongFormat(): ToolError {
    const [absent] = this.chosen.open.absent?.() ?? [];
    if (absent !== undefined && absent.names.length > 0) return this.#misspelt(absent);
    const { side, format } = this.chosen;
    const { where = this.name, why = '', text } = this.#strange ?? {};
    const expected = `--${side} in the format ${format.name} wants lines as ${format.example[side]}`;
    const looks = text === undefined ? undefined : advice(side, format, text);
    return new ToolError(`${where}: ${why}; no line before it is a record`, {
      code: 'wrong-format',
      hint: looks === undefined ? expected : `${looks}; ${expected}`,
    });
  }
}

function nameOf(path: string): string {
  return path === standardInput ? 'stdin' : basename(path);
}

/** How much more a gzip of such lines holds than it takes. */
const usualRatio = 10;

/**
 * Bytes of all files, of a gzip about what it holds; infinite where it is not known before it is read.
 * @throws ToolError `unreadable` (exit 2).
 */
export function sizeOf(paths: readonly string[]): number {
  return paths.map(sizeOfOne).reduce((sum, size) => sum + size, 0);
}

function sizeOfOne(path: string): number {
  if (path === standardInput) return Number.POSITIVE_INFINITY;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw new Error('is a folder');
    if (!stat.isFile()) return Number.POSITIVE_INFINITY;
    return beginsAsGzip(path) ? stat.size * usualRatio : stat.size;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

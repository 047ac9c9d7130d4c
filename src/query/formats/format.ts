/** How an answer is written. */
import type { Answer } from '../answer.ts';

export interface FormatOptions {
  /** Rows that are shown at most; undefined: all. */
  readonly limit: number | undefined;
  /** How wide lines may be; infinite where no terminal is. */
  readonly columns: number;
}

/** Pieces of text, each of whole lines without the last one's end. */
export type Format = (answer: Answer, options: FormatOptions) => AsyncIterable<string>;

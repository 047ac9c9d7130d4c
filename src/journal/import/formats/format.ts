/**
 * A format of foreign records: how its lines become what the import takes. A reader is opened for each file and may
 * remember earlier lines of it, as a history does that has a line for the request and one for the answer.
 */
import type { RecordOf, Side } from '../record.ts';
import type { FieldMap } from './fields.ts';

export interface Format {
  readonly name: string;
  /** What writes it, for the list of formats. */
  readonly summary: string;
  readonly sent?: Opening<'sent'>;
  readonly received?: Opening<'received'>;
  readonly effects?: Opening<'effects'>;
  /** Why it has no such side, and what can be given instead. */
  readonly lacks?: Partial<Record<Side, string>>;
  /** A line that it would take, for errors. */
  readonly example: Partial<Record<Side, string>>;
  /** What its records are taken to be and cannot show, as sentences. */
  readonly assumes?: Partial<Record<Side, readonly string[]>>;
  /** Its lines mean what they mean: it takes no map and no filter. */
  readonly fixed?: true;
  /** Nothing in a line shows where it ends: a last line without its newline may have been cut. */
  readonly cuttable?: true;
  /** The sides that a line could be of; empty where the line is of another format. */
  readonly looksLike: (line: string) => readonly Side[];
}

/** @throws ToolError (exit 2) for a map that does not fit the format. */
export type Opening<S extends Side> = (options: ReaderOptions) => Opener<RecordOf[S]>;

export interface Opener<T> {
  (file: string): Reader<T>;
  /** What the caller's map names and no record had, in all files that were read. */
  readonly absent?: () => readonly AbsentField[];
}

export interface AbsentField {
  readonly field: string;
  readonly path: string;
  /** What the first record has instead. */
  readonly names: readonly string[];
}

export interface ReaderOptions {
  /** Where the fields are, by the caller's word; formats with a form of their own take none. */
  readonly map?: FieldMap;
  /** Whether a line is about messages at all. */
  readonly where?: (fields: Record<string, unknown>) => boolean;
}

/** Of one file. */
export interface Reader<T> {
  /**
   * Gives the records that a line holds or completes. `other`: the line is about something else. `prose`: it is taken to be,
   * for nothing in it can be read, and could be the beginning of any line.
   * @throws Error whose message says what is wrong with the line.
   */
  line(text: string, emit: (record: T) => void): 'other' | 'prose' | undefined;
  /** At the end of the file: what was begun and never completed. */
  end?(emit: (record: T) => void): Ending;
}

/** What a whole file shows about itself, as half-sentences that follow its name. */
export interface Ending {
  /** Of sends: some may have no line, so that what was received beyond them is no phantom. */
  readonly unanswered?: string | undefined;
  /** Of receipts: more may have come, so that what is missing is not lost. */
  readonly incomplete?: string | undefined;
  /** Lines are missing, by the file's own count. */
  readonly missing?: string | undefined;
}

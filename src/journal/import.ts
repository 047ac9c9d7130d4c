/**
 * Somebody else's records as journals, so that the same audit judges them: what was sent becomes producers' journals
 * (one for each part of the ids), what was received a consumer's. Nothing of a run is made up: there is no reader, no
 * fault, and the only drain is the caller's word that the received file is the complete record of the consumers.
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { counted } from '../counted.ts';
import { messageOf, ToolError } from '../errors.ts';
import { SentIndex } from './import/index-of-sent.ts';
import { type ImportHeader, JournalSet } from './import/journal-set.ts';
import { eachLine } from './import/lines.ts';
import { type Contest, Places } from './import/places.ts';
import { parseReceived, parseSent, type ReceivedRecord, type SentRecord } from './import/record.ts';
import { Names, Shards } from './import/shards.ts';

export interface ImportRequest {
  /** NDJSON: `{id, outcome, attempt?, partition?, position?, checksum?, time?}`, one attempt a line. */
  readonly sent: string;
  /** NDJSON: `{id, group?, session?, partition?, position?, redelivered?, checksum?, time?}`, one delivery a line. */
  readonly received: string;
  /** A folder for temporary files; this makes its own below it and removes it again. */
  readonly folder: string;
  /** The received file holds everything that the consumers received. False: what is not in it is unseen, not lost. */
  readonly complete?: boolean;
  /**
   * The sent file holds acknowledgements alone, as most logs do: a message that was received and is not in it was sent, and
   * stored, and nobody was told.
   */
  readonly acksOnly?: boolean;
  /** Where to part the ids; by default as the files' size asks. */
  readonly parts?: number;
}

/** Dispose it when the audit is done: its files go. */
export interface ImportedRecords extends Disposable {
  readonly journals: readonly string[];
  readonly names: { readonly message: (producer: number, seq: number) => string };
  /** Every record has a time. */
  readonly timed: boolean;
  /** Places at which several messages were acknowledged. */
  readonly contests: readonly Contest[];
  /** What the records are taken to be, as sentences: no record shows it. */
  readonly assumptions: readonly string[];
  /** Sentences: why these records alone cannot be passed. */
  readonly incidents: readonly string[];
  /** Classes that the fields cannot decide, with the reason. */
  readonly undecided: Partial<Record<'reordered' | 'corrupt' | 'misrouted' | 'unavailable', string>>;
}

const bytesPerPart = 24e6;
const mostParts = 256;
const shownLines = 5;

export async function importRecords(request: ImportRequest): Promise<ImportedRecords> {
  const bytes = Math.max(sizeOf(request.sent), sizeOf(request.received));
  const parts = request.parts ?? Math.min(mostParts, Math.max(1, Math.ceil(bytes / bytesPerPart)));
  const folder = mkdtempSync(join(request.folder, 'import-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const sent = new Source<SentRecord>(request.sent, parseSent, new Shards(folder, 'sent', parts));
    const received = new Source<ReceivedRecord>(request.received, parseReceived, new Shards(folder, 'received', parts));
    const seen = new Seen();
    await sent.read((record) => seen.sent(record));
    await received.read((record) => seen.received(record));
    const names = new Names(folder);
    const complete = request.complete !== false && received.malformed === 0 && received.lines > 0;
    const set = new JournalSet(folder, seen.header(sent.file, received.file), sent.malformed === 0);
    const index = new SentIndex(set, names, seen.places, request.acksOnly === true);
    for (let part = 0; part < parts; part += 1) {
      index.begin(part);
      await sent.shards.each(part, (record) => index.sent(record));
      await received.shards.each(part, (record) => index.received(record));
      index.end();
    }
    set.close(complete, drainWord(request, received));
    return {
      journals: set.paths,
      names: { message: (producer, seq) => names.of(producer, seq) },
      incidents: [...sent.incidents(), ...received.incidents()],
      undecided: index.undecided(),
      timed: seen.timed,
      contests: seen.places.contests(),
      assumptions: assumptionsOf(request, sent.file, received.file),
      [Symbol.dispose]: () => {
        names[Symbol.dispose]();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function assumptionsOf({ acksOnly, complete }: ImportRequest, sent: string, received: string): string[] {
  return [
    acksOnly === true
      ? `${sent} holds acknowledgements alone: what was received and is not in it was sent, and its answer lost`
      : `${sent} holds every send, also those without an answer (else say --acks-only): what is not in it is phantom`,
    complete === false
      ? `${received} holds a part of what was received`
      : `${received} holds all that its groups received (else say --partial): what is not in it is lost or skipped`,
  ];
}

/** What stands for a proof of drain: the caller's word, or why there is none. */
function drainWord(request: ImportRequest, received: Source<ReceivedRecord>): string {
  if (request.complete === false) return `${received.file} was given as partial`;
  if (received.malformed > 0) return `${received.file} has lines that could not be read`;
  return received.lines === 0 ? `${received.file} is empty` : `${received.file} was given as complete`;
}

class Source<T extends { readonly id: string }> {
  readonly file: string;
  readonly shards: Shards<T>;
  lines = 0;
  malformed = 0;
  readonly #path: string;
  readonly #parse: (text: string) => T;
  readonly #examples: string[] = [];

  constructor(path: string, parse: (text: string) => T, shards: Shards<T>) {
    this.file = basename(path);
    this.shards = shards;
    this.#path = path;
    this.#parse = parse;
  }

  async read(onRecord: (record: T) => void): Promise<void> {
    await eachLine(this.#path, ({ number, text }) => {
      const record = this.#recordOf(number, text);
      if (record === undefined) return;
      this.lines += 1;
      onRecord(record);
      this.shards.add(record);
    });
  }

  incidents(): string[] {
    if (this.lines === 0 && this.malformed === 0) return [`${this.file} holds no record`];
    if (this.malformed === 0) return [];
    const more = this.malformed - this.#examples.length;
    const shown = this.#examples.join('; ');
    return [`${counted(this.malformed, 'line')} could not be read: ${shown}${more > 0 ? `; and ${more} more` : ''}`];
  }

  #recordOf(number: number, text: string | undefined): T | undefined {
    try {
      if (text === undefined) throw new Error('not UTF-8, or longer than 16 MiB');
      return this.#parse(text);
    } catch (error) {
      this.malformed += 1;
      if (this.#examples.length < shownLines) this.#examples.push(`${this.file}:${number}: ${messageOf(error)}`);
      return undefined;
    }
  }
}

/** What must be known of all records before the first journal's header can be written. */
class Seen {
  readonly places = new Places();
  timed = true;
  readonly #groups = new Set<string>();
  #partitions = 0;
  #placed = false;
  #routed = false;
  #firstNs = Number.POSITIVE_INFINITY;

  sent(record: SentRecord): void {
    this.#any(record);
    if (record.outcome === 'acked') this.places.acked(record);
  }

  received(record: ReceivedRecord): void {
    this.#any(record);
    this.#groups.add(record.group ?? 'consumers');
    if (record.position !== undefined) this.#placed = true;
    if (record.partition !== undefined) this.#routed = true;
  }

  header(sentFile: string, receivedFile: string): ImportHeader {
    if (this.#groups.size > 255) {
      throw new ToolError(`${receivedFile}: ${this.#groups.size} consumer groups, 255 is the most`, {
        code: 'too-many-groups',
        hint: 'group is the consumer group, not the consumer: use session for that',
      });
    }
    return {
      sentFile,
      receivedFile,
      groups: [...this.#groups],
      partitions: Math.max(1, this.#partitions),
      positions: this.#placed ? 'partition' : 'none',
      partitioned: this.#routed,
      firstNs: this.#firstNs,
    };
  }

  #any({ partition, timeNs }: SentRecord | ReceivedRecord): void {
    if (partition !== undefined) this.#partitions = Math.max(this.#partitions, partition + 1);
    if (timeNs === undefined) this.timed = false;
    else this.#firstNs = Math.min(this.#firstNs, timeNs);
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (cause) {
    throw new ToolError(`${path}: ${messageOf(cause)}`, {
      code: 'unreadable',
      hint: 'check the path, and that the file may be read',
      cause,
    });
  }
}

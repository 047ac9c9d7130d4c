/** The journals that stand for foreign records: one a part of the sent ids, one of what was received, the runner's. */
import { join } from 'node:path';
import { none16 } from '../event.ts';
import type { JournalHeader } from '../header.ts';
import { JournalWriter } from '../writer.ts';
import type { ReceivedRecord, SentRecord } from './record.ts';

export interface ImportHeader {
  readonly sentFile: string;
  readonly receivedFile: string;
  readonly groups: readonly string[];
  readonly partitions: number;
  readonly positions: 'partition' | 'none';
  /** Some received line names a partition: then a position without one compares with nothing. */
  readonly partitioned: boolean;
  /** Earliest time in the records; infinite if none has one. */
  readonly firstNs: number;
}

const lastNs = 2 ** 48 - 2;

export class JournalSet {
  readonly paths: string[] = [];
  readonly #folder: string;
  readonly #header: ImportHeader;
  /** Every line of the sent file was readable: what it does not hold was never sent. */
  readonly #sentWhole: boolean;
  readonly #groups: Map<string, number>;
  readonly #runner: JournalWriter;
  readonly #consumer: JournalWriter;
  #producer: JournalWriter | undefined;
  #nowNs = 0;

  constructor(folder: string, header: ImportHeader, sentWhole: boolean) {
    this.#folder = folder;
    this.#header = header;
    this.#sentWhole = sentWhole;
    this.#groups = new Map(header.groups.map((group, at) => [group, at]));
    this.#runner = this.#open('runner', 'import');
    this.#consumer = this.#open('consumer', header.receivedFile);
  }

  begin(producer: number): void {
    this.#producer = this.#open('producer', this.#header.sentFile, producer);
  }

  sent(producer: number, seq: number, attempt: number, record: SentRecord): void {
    this.#at(record.timeNs);
    this.#producer?.intended(producer, seq, attempt, record.partition ?? none16, 0);
    this.#producer?.outcome(producer, seq, attempt, record.outcome, 0, {
      ...(record.partition === undefined ? {} : { partition: record.partition }),
      ...(record.position === undefined ? {} : { position: record.position }),
    });
  }

  /** Ends a part. A journal without its closing mark says that attempts may be missing from it. */
  end(): void {
    if (this.#sentWhole) this.#producer?.close();
    else this.#producer?.flush();
    this.#producer = undefined;
  }

  received(producer: number, seq: number, flags: number, latencyUs: number, record: ReceivedRecord): void {
    this.#at(record.timeNs);
    const { partition = none16, position } = record;
    const placed = position !== undefined && (partition !== none16 || !this.#header.partitioned);
    const delivery = { producer, seq, flags, partition, ...(placed ? { position } : {}), sendAttempt: 0, latencyUs };
    this.#consumer.received(delivery, this.#groups.get(record.group ?? 'consumers') ?? 0, none16, 1);
  }

  close(complete: boolean, word: string): void {
    this.#consumer.close();
    for (const step of ['settled', 'healed', 'probed', 'renewed'] as const) {
      this.#runner.append({ kind: 'drain', step, ok: true, detail: {} });
    }
    for (const group of this.#groups.values()) {
      this.#runner.append({ kind: 'drain', step: 'drained', ok: complete, detail: { group, proof: word } });
    }
    this.#runner.close();
  }

  #at(timeNs: number | undefined): void {
    this.#nowNs = timeNs === undefined ? 0 : Math.min(lastNs, timeNs - this.#header.firstNs);
  }

  #open(role: JournalHeader['role'], writer: string, producer?: number): JournalWriter {
    const path = join(this.#folder, `${role}${producer === undefined ? '' : `.${producer}`}.journal`);
    this.paths.push(path);
    const { groups, partitions, positions } = this.#header;
    const header: JournalHeader = {
      run: 'import',
      role,
      writer,
      ...(producer === undefined ? {} : { producer }),
      clock: { source: 'monotonic', bootId: 'import', baseNs: '0', wall: wallOf(this.#header.firstNs) },
      topic: 'import',
      partitions,
      groups,
      positions,
      client: 'import',
    };
    return new JournalWriter(path, header, () => this.#nowNs);
  }
}

function wallOf(firstNs: number): string {
  const date = new Date(Number.isFinite(firstNs) ? firstNs / 1e6 : 0);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}

/**
 * Order of one producer's messages as a consumer session saw them in one partition: each first delivery must carry a
 * higher sequence than those before it. Set back at every assignment and at every change of epoch, because positions
 * compare only within one. What never reaches this class: repeats, flagged redeliveries, messages never attempted
 * (a damaged sequence would poison the watermark).
 */
export class Order {
  readonly #producers: number;
  readonly #indexOf: Int32Array;
  readonly #sessions = new Map<number, Map<number, Watermark>>();
  /** Index: partition. The watermark of the session that saw it last; sessions seldom share a partition. */
  readonly #recent = new Array<Watermark | undefined>(65536).fill(undefined);

  constructor(producers: readonly number[]) {
    this.#producers = producers.length;
    this.#indexOf = new Int32Array(65536);
    for (const [at, producer] of producers.entries()) this.#indexOf[producer] = at;
  }

  /** True when the message follows the last one that this session saw in this partition; else ask `behind`. */
  follows(session: number, partition: number, epoch: number, producer: number, seq: number): boolean {
    const mark = this.#recent[partition];
    if (mark === undefined || mark.session !== session || mark.epoch !== epoch) return false;
    const at = this.#indexOf[producer] as number;
    if (seq < (mark.seqs[at] as number)) return false;
    mark.seqs[at] = seq;
    return true;
  }

  /** True when the message is behind one that was delivered before. */
  behind(session: number, partition: number, epoch: number, producer: number, seq: number): boolean {
    let mark = this.#recent[partition];
    if (mark === undefined || mark.session !== session) mark = this.#open(session, partition);
    if (mark.epoch !== epoch) {
      mark.seqs.fill(-1);
      mark.epoch = epoch;
    }
    const at = this.#indexOf[producer] as number;
    if (seq < (mark.seqs[at] as number)) return true;
    mark.seqs[at] = seq;
    return false;
  }

  reset(session: number, partition: number): void {
    const mark = this.#sessions.get(session)?.get(partition);
    if (mark !== undefined) mark.seqs.fill(-1);
  }

  /** A session lives in one journal: its watermarks end with it. */
  endOfJournal(): void {
    this.#sessions.clear();
    this.#recent.fill(undefined);
  }

  #open(session: number, partition: number): Watermark {
    let partitions = this.#sessions.get(session);
    if (partitions === undefined) {
      partitions = new Map();
      this.#sessions.set(session, partitions);
    }
    let mark = partitions.get(partition);
    if (mark === undefined) {
      mark = { session, epoch: -1, seqs: new Float64Array(this.#producers).fill(-1) };
      partitions.set(partition, mark);
    }
    this.#recent[partition] = mark;
    return mark;
  }
}

interface Watermark {
  readonly session: number;
  epoch: number;
  readonly seqs: Float64Array;
}

/**
 * The independent reader: every partition from its first position to the end that the broker reports, without any
 * consumer group, so that nothing of what is audited has a part in it. The end is asked again when it was reached: if it
 * grew the reading goes on; if it is lower the log was cut meanwhile, and the partition is not complete. Transactions
 * and retention aside, gaps between positions are no finding: positions need not be contiguous.
 */
import { messageOf } from '../../../errors.ts';
import { pause } from '../../../wait.ts';
import type { BrokerAccess, IncomingMessage, PartitionRead, ReadOptions } from '../../driver.ts';
import { logEnds } from './log-ends.ts';
import { type FetchedPartition, type LogRecord, type Metadata, openWire, type Wire } from './wire.ts';

const requestMs = 5_000;
/** Without any progress, whatever the reason, a partition is given up; while others are read its clock stands still. */
const stalledMs = 10_000;
const retryMs = 100;

export async function read(
  access: BrokerAccess,
  { channel, signal }: ReadOptions,
  onMessage: (message: IncomingMessage) => void,
): Promise<PartitionRead[]> {
  const wire = await openWire(access, requestMs);
  try {
    return await readLogs(wire, channel.name, signal, onMessage);
  } finally {
    wire.end();
  }
}

/** What the reader asks of brokers. */
export type LogSource = Pick<Wire, 'metadata' | 'offsets' | 'fetch'>;

export function readLogs(
  wire: LogSource,
  topic: string,
  signal: AbortSignal,
  onMessage: (message: IncomingMessage) => void,
): Promise<PartitionRead[]> {
  return new Reading(wire, topic, signal, onMessage).run();
}

interface Progress {
  readonly partition: number;
  from: number | undefined;
  position: number;
  end: number;
  complete: boolean;
  reason: string | undefined;
  /** Of the last progress, moved on by the time in which others were read; -Infinity: given up. */
  progressAtMs: number;
}

class Reading {
  readonly #wire: LogSource;
  readonly #topic: string;
  readonly #signal: AbortSignal;
  readonly #onMessage: (message: IncomingMessage) => void;
  #partitions: Progress[] = [];
  #fetches = 0;

  constructor(wire: LogSource, topic: string, signal: AbortSignal, onMessage: (message: IncomingMessage) => void) {
    this.#wire = wire;
    this.#topic = topic;
    this.#signal = signal;
    this.#onMessage = onMessage;
  }

  async run(): Promise<PartitionRead[]> {
    const startedAtMs = performance.now();
    while (!this.#signal.aborted && !this.#isDone(startedAtMs)) {
      let moved = false;
      try {
        const metadata = await this.#wire.metadata(this.#topic, this.#signal);
        this.#meet(metadata);
        await this.#askEnds(metadata);
        moved = await this.#readToEnds(metadata);
      } catch (error) {
        for (const progress of this.#open()) progress.reason = messageOf(error);
      }
      this.#giveUp();
      if (!moved) await pause(retryMs, this.#signal);
    }
    return this.#partitions.map((progress) => this.#report(progress));
  }

  #isDone(startedAtMs: number): boolean {
    if (this.#partitions.length === 0) return performance.now() - startedAtMs > stalledMs;
    return this.#open().length === 0;
  }

  /** Partitions that are neither read through nor given up. */
  #open(): Progress[] {
    return this.#partitions.filter(
      ({ complete, progressAtMs }) => !complete && progressAtMs !== Number.NEGATIVE_INFINITY,
    );
  }

  #meet(metadata: Metadata): void {
    const progressAtMs = performance.now();
    for (const { partition } of metadata.partitions) {
      if (this.#partitions.some((progress) => progress.partition === partition)) continue;
      this.#partitions.push({
        partition,
        from: undefined,
        position: 0,
        end: -1,
        complete: false,
        reason: undefined,
        progressAtMs,
      });
    }
  }

  /** Fixes where to start; and whoever has reached the end that was asked before is through if the end still is there. */
  async #askEnds(metadata: Metadata): Promise<void> {
    const { ends, missing } = await logEnds(this.#wire, this.#topic, metadata, this.#signal);
    for (const progress of this.#open()) {
      const asked = ends.find(({ partition }) => partition === progress.partition);
      if (asked === undefined) {
        progress.reason =
          missing.find(({ partition }) => partition === progress.partition)?.reason ?? 'not in the answer';
        continue;
      }
      if (progress.from === undefined) {
        progress.from = asked.first;
        progress.position = asked.first;
      } else if (asked.end < progress.position) {
        progress.reason = `the log was cut while it was read: it ended at ${progress.end}, now at ${asked.end}`;
        progress.progressAtMs = Number.NEGATIVE_INFINITY;
        continue;
      } else if (progress.position >= asked.end) {
        progress.complete = true;
        progress.reason = undefined;
      }
      progress.end = asked.end;
    }
  }

  /** Leader by leader, until nobody is before its end any more or nothing moves. */
  async #readToEnds(metadata: Metadata): Promise<boolean> {
    let moved = false;
    const addresses = new Map(metadata.partitions.map(({ partition, address }) => [partition, address]));
    for (const address of new Set(addresses.values())) {
      if (address === undefined) continue;
      const turnAtMs = performance.now();
      const others = this.#open().filter(({ partition }) => addresses.get(partition) !== address);
      moved = (await this.#readFrom(address, addresses)) || moved;
      excuse(others, performance.now() - turnAtMs);
    }
    return moved;
  }

  /** Until all that one leader leads is read, or nothing moves, or an error says that the metadata may be old. */
  async #readFrom(address: string, addresses: ReadonlyMap<number, string | undefined>): Promise<boolean> {
    let moved = false;
    while (!this.#signal.aborted) {
      const mine = this.#open().filter(({ partition }) => addresses.get(partition) === address);
      const behind = mine.filter(({ from, position, end }) => from !== undefined && position < end);
      if (behind.length === 0) break;
      const askedAtMs = performance.now();
      const { progressed, failed } = await this.#fetch(address, this.#rotated(behind));
      if (progressed) {
        moved = true;
        // Whoever is through has nothing to be asked for.
        const done = mine.filter((progress) => !behind.includes(progress));
        excuse(done, performance.now() - askedAtMs);
      }
      if (!progressed || failed) break;
    }
    return moved;
  }

  /** A broker fills its answer in the order of the request: each partition is the first in its turn. */
  #rotated(behind: readonly Progress[]): readonly Progress[] {
    const first = this.#fetches++ % behind.length;
    return [...behind.slice(first), ...behind.slice(0, first)];
  }

  async #fetch(
    address: string,
    behind: readonly Progress[],
  ): Promise<{ readonly progressed: boolean; readonly failed: boolean }> {
    const askedAtMs = performance.now();
    let fetched: readonly FetchedPartition[];
    try {
      fetched = await this.#wire.fetch(address, this.#topic, behind, this.#signal);
    } catch (error) {
      for (const progress of behind) progress.reason = `at position ${progress.position}: ${messageOf(error)}`;
      return { progressed: false, failed: true };
    }
    const still = new Set(behind);
    const failed = new Set<Progress>();
    for (const { partition, errorCode, messages } of fetched) {
      const progress = behind.find((candidate) => candidate.partition === partition);
      if (progress === undefined) continue;
      if (errorCode !== 0) {
        progress.reason = `the broker answers with error ${errorCode} at position ${progress.position}`;
        failed.add(progress);
      } else if (this.#deliver(progress, messages)) still.delete(progress);
    }
    const progressed = still.size < behind.length;
    // The answer may have been full before it came to the others; it was not before it came to the first.
    const crowded = [...still].filter((progress) => progress !== behind[0] && !failed.has(progress));
    if (progressed) excuse(crowded, performance.now() - askedAtMs);
    return { progressed, failed: failed.size > 0 };
  }

  #deliver(progress: Progress, records: readonly LogRecord[]): boolean {
    const before = progress.position;
    for (const { offset, key, value, headers, isControlRecord, batchContext } of records) {
      const position = Number(offset);
      if (position < progress.position) continue;
      progress.position = position + 1;
      if (isControlRecord) continue;
      const epoch = batchContext?.partitionLeaderEpoch;
      this.#onMessage({
        value: value ?? Buffer.alloc(0),
        partition: progress.partition,
        position,
        ...(key == null ? {} : { key }),
        ...(headers === undefined ? {} : { headers: firstOf(headers) }),
        ...(epoch === undefined || epoch < 0 ? {} : { epoch }),
        redelivered: false,
        attempt: 1,
      });
    }
    if (progress.position === before) return false;
    progress.progressAtMs = performance.now();
    progress.reason = undefined;
    return true;
  }

  #giveUp(): void {
    for (const progress of this.#open()) {
      if (performance.now() - progress.progressAtMs < stalledMs) continue;
      progress.reason ??= `no progress at position ${progress.position} of ${progress.end}`;
      progress.progressAtMs = Number.NEGATIVE_INFINITY;
    }
  }

  #report({ partition, from, position, end, complete, reason }: Progress): PartitionRead {
    const read = { partition, from: from ?? 0, to: from === undefined ? 0 : position, complete };
    if (complete) return read;
    const unfinished = this.#signal.aborted ? `stopped at position ${position} of ${end}` : 'unfinished';
    return { ...read, reason: reason ?? unfinished };
  }
}

/** A name may stand several times among headers. */
function firstOf(headers: NonNullable<LogRecord['headers']>): Record<string, Buffer> {
  const named = Object.entries(headers).map(
    ([name, value]) => [name, Array.isArray(value) ? value[0] : value] as const,
  );
  return Object.fromEntries(named.filter((each): each is readonly [string, Buffer] => each[1] !== undefined));
}

/** The clock of these stood still for so long. */
function excuse(partitions: readonly Progress[], forMs: number): void {
  for (const progress of partitions) progress.progressAtMs += forMs;
}

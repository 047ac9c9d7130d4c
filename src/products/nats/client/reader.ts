/**
 * Reads what the streams hold, by asking for one sequence after the other (STREAM.MSG.GET, many at a time), from the
 * first to the last, and for the last again. No consumer has a part in it: their trouble is not the reader's.
 */
import { JetStreamApiError, type JetStreamManager, type StreamState } from '@nats-io/jetstream';
import { messageOf } from '../../../errors.ts';
import { noAbort, pause, throwIfAborted, within } from '../../../wait.ts';
import type { BrokerAccess, IncomingMessage, PartitionRead, ReadOptions } from '../../driver.ts';
import { Line, managerOf } from './connection.ts';
import { streamOf } from './names.ts';
import { apiCode, apiCodes, partitionsOf } from './streams.ts';

const atOnce = 64;
const requestMs = 5_000;
/** A message that cannot be had for so long is given up, and with it the partition. */
const stalledMs = 20_000;
const retryMs = 250;

export async function readStreams(
  access: BrokerAccess,
  { channel, signal }: ReadOptions,
  onMessage: (message: IncomingMessage) => void,
): Promise<PartitionRead[]> {
  await using line = new Line(access, signal);
  const reads: PartitionRead[] = [];
  for (const partition of partitionsOf(channel)) {
    const stream = new StreamReader(line, streamOf(channel.name, partition), signal);
    const read = await stream.read((position, value) => {
      const place = channel.partitions === undefined ? {} : { partition };
      onMessage({ value, ...place, position, redelivered: false, attempt: 1 });
    });
    reads.push(channel.partitions === undefined ? read : { partition, ...read });
  }
  return reads;
}

type OnStored = (position: number, value: Buffer) => void;

export class StreamReader {
  readonly #line: Line;
  readonly #stream: string;
  readonly #signal: AbortSignal;

  constructor(line: Line, stream: string, signal: AbortSignal) {
    this.#line = line;
    this.#stream = stream;
    this.#signal = signal;
  }

  /** Sequences that hold nothing any more (removed, or never stored) are no gap in the reading: the server says so. */
  async read(onStored: OnStored): Promise<Omit<PartitionRead, 'partition'>> {
    let from = 0;
    let position = 0;
    let found = 0;
    try {
      let state = await this.state();
      // sequences begin at 1: a stream of which nothing was removed begins at its beginning, which a reading calls 0
      from = state.first_seq > 1 ? state.first_seq : 0;
      position = Math.max(1, from);
      for (;;) {
        while (position <= state.last_seq) {
          const end = Math.min(position + atOnce, state.last_seq + 1);
          const values = await this.#messages(position, end);
          for (const [i, value] of values.entries()) {
            if (value === undefined) continue;
            found += 1;
            onStored(position + i, value);
          }
          position = end;
        }
        const again = await this.state();
        if (again.last_seq === state.last_seq) return complete(from, position, found, again);
        if (again.last_seq < state.last_seq)
          throw new Error(`the end went back from ${state.last_seq} to ${again.last_seq}`);
        state = again;
      }
    } catch (error) {
      return { from, to: position, complete: false, reason: `at position ${position}: ${messageOf(error)}` };
    }
  }

  state(): Promise<StreamState> {
    return this.#persist('ask for the ends', async (manager) => (await manager.streams.info(this.#stream)).state);
  }

  /** One listener for all of them: a signal warns of more than a few. */
  #messages(from: number, to: number): Promise<(Buffer | undefined)[]> {
    const asking = range(from, to).map((seq) => this.message(seq));
    const bound = { what: `get ${from} to ${to - 1}`, boundMs: stalledMs + 2 * requestMs, signal: this.#signal };
    return within(Promise.all(asking), bound);
  }

  /** Undefined: the stream holds nothing under this sequence. */
  message(seq: number): Promise<Buffer | undefined> {
    return this.#persist(`get ${seq}`, async (manager) => {
      try {
        const stored = await manager.streams.getMessage(this.#stream, { seq });
        if (stored === null) return undefined;
        return Buffer.from(stored.data.buffer, stored.data.byteOffset, stored.data.byteLength);
      } catch (error) {
        if (apiCode(error) === apiCodes.messageNotFound) return undefined;
        throw error;
      }
    });
  }

  /** Asks again while nobody answers; what a server answers is its word. */
  async #persist<T>(what: string, ask: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    const endMs = performance.now() + stalledMs;
    let failure: unknown;
    while (performance.now() < endMs) {
      throwIfAborted(this.#signal);
      try {
        const connection = await this.#line.connected(requestMs, noAbort);
        if (connection === undefined) throw new Error('not connected');
        const manager = await managerOf(connection);
        return await within(ask(manager), { what, boundMs: requestMs, signal: noAbort });
      } catch (error) {
        failure = error;
        if (error instanceof JetStreamApiError && !passing.has(error.status)) throw error;
      }
      await pause(retryMs, noAbort);
    }
    throw failure;
  }
}

/** Nobody leads for the moment, or the server does not know the stream yet after a start. */
const passing = new Set([503, 408]);

/** Also by the stream's own count: a message that it counts and does not give is missing, not removed. */
function complete(
  from: number,
  to: number,
  found: number,
  { messages }: StreamState,
): Omit<PartitionRead, 'partition'> {
  if (messages === found) return { from, to, complete: true };
  return { from, to, complete: false, reason: `the stream counts ${messages} messages and gave ${found}` };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

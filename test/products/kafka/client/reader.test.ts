/** How long the reader waits for whom, against leaders that are slower than a test can be: time is scripted, too. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type LogSource, readLogs } from '../../../../src/products/kafka/client/reader.ts';
import { earliest } from '../../../../src/products/kafka/client/wire.ts';

interface ScriptedPartition {
  readonly leader: string;
  readonly end: number;
  /** Nothing of it is ever answered. */
  readonly stuck?: boolean;
  /** Error codes that it answers with before anything else. */
  readonly errors?: number[];
}

interface Script {
  readonly partitions: readonly ScriptedPartition[];
  /** Of one Fetch, by leader. */
  readonly fetchMs: Readonly<Record<string, number>>;
  /** Messages in one answer, which are given to partitions in the order of the request. */
  readonly room: number;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function source({ partitions, fetchMs, room }: Script) {
  const asked = { metadata: 0, orders: [] as number[][] };
  const wire: LogSource = {
    metadata: async () => {
      asked.metadata += 1;
      return {
        topicError: 0,
        brokers: [],
        partitions: partitions.map(({ leader }, partition) => ({ partition, leader: 1, address: leader, behind: 0 })),
      };
    },
    offsets: async (_address, _topic, numbers, timestamp) =>
      numbers.map((partition) => ({
        partition,
        error: 0,
        offset: timestamp === earliest ? 0 : partitions[partition]!.end,
      })),
    fetch: async (address, _topic, positions) => {
      asked.orders.push(positions.map(({ partition }) => partition));
      const full = positions.some(({ partition }) => partitions[partition]!.stuck !== true);
      await new Promise((wake) => setTimeout(wake, full ? fetchMs[address] : 250));
      let left = room;
      return positions.map(({ partition, position }) => {
        const { end, stuck, errors } = partitions[partition]!;
        const errorCode = errors?.shift() ?? 0;
        const count = stuck === true || errorCode !== 0 ? 0 : Math.min(left, end - position);
        left -= count;
        const messages = Array.from({ length: count }, (_, index) => ({
          offset: String(position + index),
          value: Buffer.alloc(1),
        }));
        return { partition, errorCode, messages };
      });
    },
  };
  return { wire, asked };
}

async function read(wire: LogSource) {
  let messages = 0;
  const reading = readLogs(wire, 'topic', new AbortController().signal, () => {
    messages += 1;
  });
  let done = false;
  void reading.finally(() => {
    done = true;
  });
  while (!done) await vi.advanceTimersByTimeAsync(50);
  return { partitions: await reading, messages };
}

test('whoever is through waits for a slow leader as long as it takes', async () => {
  const { wire } = source({
    partitions: [
      { leader: 'a', end: 5 },
      { leader: 'b', end: 300 },
      { leader: 'a', end: 5 },
      { leader: 'c', end: 5 },
    ],
    fetchMs: { a: 1, b: 1_000, c: 1 },
    room: 10,
  });
  const { partitions, messages } = await read(wire);
  expect(partitions).toEqual([
    { partition: 0, from: 0, to: 5, complete: true },
    { partition: 1, from: 0, to: 300, complete: true },
    { partition: 2, from: 0, to: 5, complete: true },
    { partition: 3, from: 0, to: 5, complete: true },
  ]);
  expect(messages).toBe(315);
});

test('answers that are full with one partition starve no other, nor does a short one wait for a long one in vain', async () => {
  const { wire, asked } = source({
    partitions: Array.from({ length: 16 }, (_, partition) => ({ leader: 'a', end: partition === 3 ? 300 : 30 })),
    fetchMs: { a: 2_000 },
    room: 10,
  });
  const { partitions } = await read(wire);
  expect(partitions.every(({ complete }) => complete)).toBe(true);
  expect(asked.orders.slice(0, 16).map(([first]) => first)).toEqual(Array.from({ length: 16 }, (_, index) => index));
});

test('a partition that yields nothing is given up, and only that', async () => {
  const { wire } = source({
    partitions: [
      { leader: 'a', end: 5 },
      { leader: 'a', end: 100, stuck: true },
      { leader: 'b', end: 100 },
      { leader: 'a', end: 200 },
    ],
    fetchMs: { a: 500, b: 500 },
    room: 10,
  });
  const { partitions } = await read(wire);
  expect(partitions.map(({ complete }) => complete)).toEqual([true, false, true, true]);
  expect(partitions[1]).toMatchObject({ to: 0, reason: 'no progress at position 0 of 100' });
});

test('two leaders that both yield nothing: both are given up', async () => {
  const { wire } = source({
    partitions: [
      { leader: 'a', end: 5, stuck: true },
      { leader: 'b', end: 5, stuck: true },
    ],
    fetchMs: {},
    room: 10,
  });
  const { partitions } = await read(wire);
  expect(partitions.map(({ complete }) => complete)).toEqual([false, false]);
});

test('an error of one partition makes the reader ask who leads, while others go on', async () => {
  const { wire, asked } = source({
    partitions: [
      { leader: 'a', end: 100 },
      { leader: 'a', end: 100, errors: [6, 6, 6] },
    ],
    fetchMs: { a: 10 },
    room: 10,
  });
  const { partitions } = await read(wire);
  expect(partitions.every(({ complete }) => complete)).toBe(true);
  expect(asked.metadata).toBeGreaterThan(3);
});

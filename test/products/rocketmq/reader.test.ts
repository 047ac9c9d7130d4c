/** The independent reader on logs that grow, are cut, refuse, or fall silent. */
import { expect, test } from 'vitest';
import { type Log, readLog } from '../../../src/products/rocketmq/client/reader.ts';
import { decodeRecords, type StoredRecord } from '../../../src/products/rocketmq/client/records.ts';
import { record } from './support/record.ts';

const signal = new AbortController().signal;

/** A log that answers from a list; `ends` are given in turn, the last one for ever. */
function log(ends: readonly (readonly [number, number])[], pull?: Log['pull']): Log {
  let asked = 0;
  return {
    ends: async () => {
      const [first, end] = ends[Math.min(asked, ends.length - 1)] ?? [0, 0];
      asked += 1;
      return { first, end };
    },
    pull: pull ?? (async (offset) => ({ records: records(offset, 2), next: offset + 2 })),
  };
}

function records(from: number, count: number): StoredRecord[] {
  return Array.from({ length: count }, (_, i) => from + i).flatMap((offset) =>
    decodeRecords(record({ topic: 't', queue: 0, offset, body: `m${offset}` })),
  );
}

async function readOf(source: Log) {
  const offsets: number[] = [];
  const result = await readLog(source, signal, ({ offset }) => offsets.push(offset), 500);
  return { ...result, offsets };
}

test('from the first position to the end, which is asked again', async () => {
  expect(await readOf(log([[0, 4]]))).toEqual({ from: 0, to: 4, complete: true, offsets: [0, 1, 2, 3] });
  expect(await readOf(log([[2, 4]]))).toMatchObject({ from: 2, to: 4, complete: true, offsets: [2, 3] });
  expect(await readOf(log([[0, 0]]))).toEqual({ from: 0, to: 0, complete: true, offsets: [] });
});

test('a log that grew is read on', async () => {
  const grown = await readOf(
    log([
      [0, 2],
      [0, 6],
    ]),
  );
  expect(grown).toMatchObject({ to: 6, complete: true, offsets: [0, 1, 2, 3, 4, 5] });
});

test('a log that was cut is not complete', async () => {
  const cut = await readOf(
    log([
      [0, 4],
      [0, 2],
    ]),
  );
  expect(cut).toMatchObject({ complete: false, reason: 'the log was cut while it was read: it ended at 4, now at 2' });
});

test('what is refused has not been read, and nothing of it is lost', async () => {
  const refused = await readOf(
    log([[0, 4]], async () => {
      throw new Error('t, queue 0 at 0: SYSTEM_BUSY [REJECTREQUEST]system busy');
    }),
  );
  expect(refused).toMatchObject({
    complete: false,
    to: 0,
    offsets: [],
    reason: expect.stringContaining('REJECTREQUEST'),
  });
});

test('a log whose beginning is removed while it is read has a hole that was not read', async () => {
  const gone = await readOf(
    log([[0, 6]], async (offset) => (offset < 4 ? { records: [], next: 4 } : { records: records(4, 2), next: 6 })),
  );
  expect(gone).toMatchObject({ complete: false, reason: 'positions 0 to 3 were gone when they were asked for' });
});

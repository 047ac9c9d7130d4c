import { beforeAll, describe, expect, test } from 'vitest';
import { CommittedOffsets, groupDeletedEntry, offsetsEntry } from '../../../src/broker/groups/committed.ts';
import { entryKind, readEntry } from '../../../src/broker/store/log/entry.ts';
import type { Store } from '../../../src/broker/store/store.ts';
import { MemoryDisk } from '../support/memory-world.ts';
import { append, openStore, payloads, topic } from '../support/stores.ts';

/*
 * The log torn after any byte, and any bit of it flipped, for entries of every kind: a start keeps every whole entry
 * before the place and nothing behind it, says what it cut, and goes on. While a node runs, reads refuse what is damaged.
 */

const segment = 'commit-log/0000000000000000.log';
const gone = 'cd'.repeat(16);

interface Written {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/** What can be told of a store from outside. */
interface Told {
  readonly records: readonly (readonly string[])[];
  /** Of partition 1. */
  readonly start: number;
  readonly offsets: Readonly<Record<string, number>>;
  readonly holdsGone: boolean;
}

let whole: Buffer;
const entries: Written[] = [];
/** What is told of a log of so many entries. */
const told: Told[] = [];

beforeAll(async () => {
  const disk = new MemoryDisk();
  {
    await using store = await openStore({ disk });
    await append(store, 0, { payload: 'first', producerId: 5, epoch: 0, sequence: 0 });
    await store.write(commit('g1', 1));
    await store.write({ kind: entryKind.topicDeleted, topicId: gone, partition: -1, body: Buffer.alloc(0) });
    await append(store, 1, { payload: 'second', count: 3 });
    await store.write(commit('g2', 2));
    await store.write(groupDeletedEntry('g1'));
    await append(store, 0, { payload: 'third', producerId: 5, epoch: 0, sequence: 1 });
    await store.moveStart(store.partition(topic, 1), 2);
    await append(store, 0, { payload: 'last', producerId: 5, epoch: 0, sequence: 2 });
  }
  whole = disk.files.get(segment) ?? Buffer.alloc(0);
  for (let start = 0; start < whole.length; ) {
    const entry = readEntry(whole, start, start);
    if (typeof entry === 'string') throw new Error(entry);
    entries.push({ kind: nameOf(entry.kind), start, end: start + entry.sizeBytes });
    start += entry.sizeBytes;
  }
  for (let count = 0; count <= entries.length; count++) {
    const committed = new CommittedOffsets();
    await using store = await openStore({ disk: diskOf(whole.subarray(0, entries[count - 1]?.end ?? 0)), committed });
    expect(store.recovery).toMatchObject({ entries: count, cut: null });
    told.push(await tell(store, committed));
  }
});

test('the log that is damaged here holds every kind of entry, each with entries behind it', () => {
  expect(entries.map(({ kind }) => kind)).toEqual([
    'batch',
    'offsets',
    'topicDeleted',
    'batch',
    'offsets',
    'groupDeleted',
    'batch',
    'logStart',
    'batch',
  ]);
  expect(new Set(entries.slice(0, -1).map(({ kind }) => kind))).toEqual(new Set(Object.keys(entryKind)));
  expect(told.at(-1)).toEqual({
    records: [['first', 'third', 'last'], ['second']],
    start: 2,
    offsets: { g2: 2 },
    holdsGone: false,
  });
});

describe('a start', () => {
  test('after a cut behind any byte keeps the whole entries before it and reports the rest as torn', async () => {
    for (let length = 0; length <= whole.length; length++) {
      const count = entries.filter(({ end }) => end <= length).length;
      const position = entries[count]?.start ?? whole.length;
      const cut = length === position ? null : { kind: 'torn', position, bytes: length - position };
      await expectKept(whole.subarray(0, length), count, cut);
    }
  });

  test('after a cut behind any byte with the rest of the file zeros or leftovers does the same', async () => {
    for (let length = entries.at(-3)?.start ?? 0; length < whole.length; length++) {
      for (const filler of [0, 0xff, 0x4d]) {
        const torn = Buffer.alloc(whole.length + 100, filler);
        whole.copy(torn, 0, 0, length);
        // The filler may happen to be what was there: then the entry is whole.
        const count = wholeEntries(torn);
        const position = entries[count]?.start ?? whole.length;
        await expectKept(torn, count, { kind: 'torn', position, bytes: torn.length - position });
      }
    }
  });

  test.each([0, 1, 2, 3, 5, 7, 8])('after any flipped bit of entry %i keeps those before it', async (index) => {
    const { start, end } = entries[index] ?? { start: 0, end: 0 };
    const kind = index === entries.length - 1 ? 'torn' : 'damage';
    expect(end).toBeGreaterThan(start);
    for (let bit = start * 8; bit < end * 8; bit++) {
      const cut = { kind, position: start, bytes: whole.length - start, reason: expect.any(String) };
      await expectKept(flipped(whole, bit), index, cut);
    }
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'with entry %i taken out or there twice keeps those before the place',
    async (index) => {
      const { start, end } = entries[index] ?? { start: 0, end: 0 };
      const [before, entry, behind] = [whole.subarray(0, start), whole.subarray(start, end), whole.subarray(end)];
      const without = Buffer.concat([before, behind]);
      const cutAway = index === entries.length - 1 ? null : { position: start };
      await expectKept(without, index, cutAway);
      const twice = Buffer.concat([before, entry, entry, behind]);
      await expectKept(twice, index + 1, { position: end });
    },
  );
});

describe('a running node', () => {
  test('serves no record of an entry of which any bit has changed, to consumers or slaves', async () => {
    for (const { kind, start, end } of entries) {
      if (kind !== 'batch') continue;
      for (let bit = start * 8; bit < end * 8; bit++) {
        const disk = diskOf(whole);
        await using store = await openStore({ disk });
        disk.files.set(segment, flipped(whole, bit));
        await expect(Promise.all([payloads(store, 0), payloads(store, 1)])).rejects.toMatchObject({
          code: 'damaged-entry',
        });
        await expect(store.log.readRaw(start, 1)).rejects.toMatchObject({ code: 'damaged-entry' });
      }
    }
  });

  test('goes on serving what is in order beside it', async () => {
    const disk = diskOf(whole);
    await using store = await openStore({ disk });
    disk.files.set(segment, flipped(whole, ((entries[3]?.end ?? 0) - 1) * 8));
    await expect(payloads(store, 1)).rejects.toMatchObject({ code: 'damaged-entry' });
    expect(await payloads(store, 0)).toEqual(['first', 'third', 'last']);
  });
});

/** Starts on the log, compares, appends, and starts again: the second start finds nothing to cut. */
async function expectKept(log: Buffer, count: number, cut: object | null): Promise<void> {
  const disk = diskOf(log);
  const expected = told[count];
  {
    const committed = new CommittedOffsets();
    await using store = await openStore({ disk, committed });
    expect(store.recovery.cut).toEqual(cut === null ? null : expect.objectContaining(cut));
    expect(store.recovery).toMatchObject({ entries: count, bytes: entries[count]?.start ?? whole.length });
    expect(await tell(store, committed)).toEqual(expected);
    await append(store, 1, { payload: 'after' });
  }
  const committed = new CommittedOffsets();
  await using again = await openStore({ disk, committed });
  expect(again.recovery.cut).toBeNull();
  const [left = [], right = []] = expected?.records ?? [];
  expect((await tell(again, committed)).records).toEqual([left, [...right, 'after']]);
}

async function tell(store: Store, committed: CommittedOffsets): Promise<Told> {
  const offsets = committed.groupIds().map((id) => [id, committed.get(id, topic, 0)?.offset ?? -1]);
  const records = [await payloads(store, 0), await payloads(store, 1)];
  const start = store.partition(topic, 1).logStartOffset;
  return { records, start, offsets: Object.fromEntries(offsets), holdsGone: store.holdsTopic(gone) };
}

function commit(groupId: string, offset: number) {
  return offsetsEntry(groupId, [{ topicId: topic, partition: 0, offset, leaderEpoch: 0, metadata: null }]);
}

function diskOf(log: Buffer): MemoryDisk {
  const disk = new MemoryDisk();
  disk.files.set(segment, Buffer.from(log));
  return disk;
}

function flipped(data: Buffer, bit: number): Buffer {
  const copy = Buffer.from(data);
  const at = Math.floor(bit / 8);
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8));
  return copy;
}

/** How many entries of the original the bytes begin with. */
function wholeEntries(log: Buffer): number {
  return entries.filter(({ end }) => log.subarray(0, end).equals(whole.subarray(0, end))).length;
}

function nameOf(kind: number): string {
  return Object.entries(entryKind).find(([, value]) => value === kind)?.[0] ?? String(kind);
}

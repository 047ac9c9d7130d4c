/** The index finds every record of a message, and only saves time: it is never believed over the journal. */
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventPass } from '../../src/journal/decode.ts';
import { type Event, none16 } from '../../src/journal/event.ts';
import { headerSizeBytes, type JournalHeader } from '../../src/journal/header.ts';
import { indexOf, indexWatcher } from '../../src/journal/lookup/index-file.ts';
import { JournalLookup } from '../../src/journal/lookup/lookup.ts';
import { scanJournal } from '../../src/journal/reader.ts';
import { recordSizeBytes } from '../../src/journal/record.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { Loop } from '../../src/loops/loop.ts';
import { takeLoops } from '../../src/loops/loops.ts';

let folder: string;
let path: string;
let nowNs = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqchaos-lookup-'));
  path = join(folder, 'c1.journal');
  nowNs = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const header: JournalHeader = {
  run: 'r',
  role: 'consumer',
  writer: 'c1',
  clock: { source: 'monotonic', bootId: 'b', baseNs: '0', wall: '2026-01-01T00:00:00Z' },
  topic: 't',
  partitions: 2,
  groups: ['g'],
  positions: 'partition',
};

/** Several blocks of receipts of three producers, of which every 97th comes again much later; commits, effects, names. */
function write(messages = 20_000): void {
  const journal = new JournalWriter(path, header, () => (nowNs += 1000));
  for (let at = 0; at < messages; at += 1) {
    const receive = (message: number): void => {
      const [producer, seq] = [message % 3, Math.floor(message / 3)];
      const delivery = {
        producer,
        seq,
        flags: 0,
        partition: message % 2,
        position: message,
        sendAttempt: 1,
        latencyUs: 0,
      };
      if (message % 5 === 0) journal.stored(delivery);
      else journal.received(delivery, 0, 7, 1);
      if (message % 11 === 0)
        journal.append({ kind: 'effect', producer, seq, group: 0, session: 7, attempt: 1, effect: 'applied' });
    };
    receive(at);
    if (at % 97 === 0) receive(Math.floor(at / 7));
    if (at % 50 === 0)
      journal.append({ kind: 'ack', step: 'sent', group: 0, session: 7, partition: at % 2, position: at + 1 });
    if (at % 5000 === 0) journal.name('error', `reason ${at}`);
  }
  journal.append({ kind: 'read', detail: { partition: 1, from: 0, to: 9, complete: true } });
  journal.close();
}

async function everything(): Promise<Event[]> {
  const events: Event[] = [];
  const { pass, finish } = eventPass((event) => events.push(event));
  await scanJournal(path, pass);
  finish();
  return events;
}

const isAbout = (producer: number, seq: number) => (event: Event) =>
  'seq' in event && event.producer === producer && event.seq === seq;

describe('finds', () => {
  test('every record of a message, in its order, whatever block it is in', async () => {
    write();
    const all = await everything();
    using lookup = await JournalLookup.open(path);
    for (const [producer, seq] of [
      [0, 0],
      [1, 4095],
      [2, 4096],
      [0, 952],
      [1, 6665],
      [2, 6666],
      [0, 1],
    ] as const) {
      const found = lookup.ofMessage(producer, seq).map(({ event }) => event);
      expect(found).toEqual(all.filter(isAbout(producer, seq)));
    }
    expect(lookup.ofMessage(0, 952).length).toBeGreaterThan(0);
    expect(lookup.ofMessage(3, 1)).toEqual([]);
    expect(lookup.ofMessage(1, 700_000)).toEqual([]);
    expect(lookup.ofMessage(none16, 0)).toEqual([]);
  });

  test('what the reader stored at a place, and the commits behind it', async () => {
    write();
    const all = await everything();
    using lookup = await JournalLookup.open(path);
    const storedAt = all.filter((event) => event.kind === 'stored' && event.partition === 1 && event.position === 9005);
    expect(storedAt.length).toBeGreaterThan(0);
    expect(lookup.storedAt(1, 9005).map(({ event }) => event)).toEqual(storedAt);
    const [first] = lookup.acksFrom(0, 8101);
    expect(first?.event).toMatchObject({ kind: 'ack', step: 'sent', partition: 0, position: 8101 });
    expect(lookup.acksFrom(0, 12_345)[0]?.event).toMatchObject({ position: 12_351 });
  });

  test('names and reads, whose texts go over several records', async () => {
    write();
    const { errors, reads, end } = await indexOf(path);
    expect(Object.values(errors)).toEqual(['reason 0', 'reason 5000', 'reason 10000', 'reason 15000']);
    expect(reads).toEqual([{ partition: 1, from: 0, to: 9, complete: true }]);
    expect(end.state).toBe('closed');
  });
});

describe('the index', () => {
  test('is the same if its loop takes nothing', async () => {
    write();
    const usual = await indexOf(path);
    rmSync(`${path}.index`);
    const spy = vi.spyOn(Loop.prototype, 'run').mockImplementation(function (this: Loop, from, end) {
      return this.has('blockTag') ? from : run.call(this, from, end);
    });
    const slow = await indexOf(path).finally(() => spy.mockRestore());
    expect([...slow.rows]).toEqual([...usual.rows]);
  });

  test('is read when it is of the journal, and made again when it is not', async () => {
    write(1000);
    await indexOf(path);
    const kept = readFileSync(`${path}.index`);
    expect([...(await indexOf(path)).rows]).toHaveLength(6);
    expect(statSync(`${path}.index`).size).toBe(kept.length);
    appendFileSync(path, Buffer.alloc(recordSizeBytes, 1));
    expect((await indexOf(path)).end).toMatchObject({ state: 'torn', reason: expect.stringContaining('closing mark') });
    expect(readFileSync(`${path}.index`).equals(kept)).toBe(false);
  });

  test('that is damaged is made again', async () => {
    write(1000);
    const right = await indexOf(path);
    const bytes = readFileSync(`${path}.index`);
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
    writeFileSync(`${path}.index`, bytes);
    expect([...(await indexOf(path)).rows]).toEqual([...right.rows]);
    writeFileSync(`${path}.index`, 'short');
    expect([...(await indexOf(path)).rows]).toEqual([...right.rows]);
  });

  test('does not hide that a record was damaged since', async () => {
    write(1000);
    utimesSync(path, 1e9, 1e9);
    await indexOf(path);
    const bytes = readFileSync(path);
    bytes[headerSizeBytes + 16] = (bytes[headerSizeBytes + 16] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    utimesSync(path, 1e9, 1e9);
    using lookup = await JournalLookup.open(path);
    expect(lookup.index.end.state).toBe('closed');
    const found = lookup.ofMessage(0, 0).map(({ record }) => record);
    expect(lookup.damaged).toBe(0);
    expect(found).not.toContain(0);
  });

  test('is not made of a journal that has vanished, nor does the audit end for it', async () => {
    write(100);
    const watch = indexWatcher();
    using loops = takeLoops();
    rmSync(path);
    const { pass, end } = watch(path, loops);
    pass(loops.chunk, 0);
    end({ state: 'torn', records: 0, leftBytes: 0 });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of a journal that ends in the middle of a record', async () => {
    write(1000);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, headerSizeBytes + 100 * recordSizeBytes + 7));
    using lookup = await JournalLookup.open(path);
    expect(lookup.index.end).toMatchObject({ state: 'unclosed', records: 100, leftBytes: 7 });
    expect(lookup.ofMessage(0, 0).length).toBeGreaterThan(0);
    expect(lookup.ofMessage(0, 300)).toEqual([]);
  });
});

const { run } = Loop.prototype;

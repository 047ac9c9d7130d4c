import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newClockBase, runClock } from '../../src/journal/clock.ts';
import { eventPass } from '../../src/journal/decode.ts';
import { type Event, type EventBody, none16, noPosition } from '../../src/journal/event.ts';
import { encodeHeader, headerSizeBytes, type JournalHeader } from '../../src/journal/header.ts';
import { readJournalHeader, scanJournal } from '../../src/journal/reader.ts';
import { recordSizeBytes } from '../../src/journal/record.ts';
import { noTail, readTail } from '../../src/journal/tail.ts';
import { JournalWriter } from '../../src/journal/writer.ts';

let folder: string;
let made = 0;
let path: string;
const header: JournalHeader = {
  run: 'r1',
  role: 'producer',
  writer: 'p1.1',
  producer: 1,
  clock: { source: 'monotonic', bootId: 'b', baseNs: '0', wall: '2026-01-01T00:00:00Z' },
  topic: 'orders',
  partitions: 4,
  groups: ['a', 'b'],
  positions: 'partition',
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqchaos-journal-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  made += 1;
  path = join(folder, `${made}.journal`);
});

async function readBack(file = path) {
  const events: Event[] = [];
  const { pass, finish } = eventPass((event) => events.push(event));
  const end = await scanJournal(file, pass);
  finish();
  return { events, end };
}

const place = { partition: 3, position: 2 ** 40 + 7, epoch: 9 };
const delivery = { producer: 1, seq: 4_000_000_000, flags: 5, sendAttempt: 2, latencyUs: 1600, ...place };
const by = { producer: 1, seq: 7, group: 1, session: 513, attempt: 3 };
const everyEvent: EventBody[] = [
  { kind: 'intended', producer: 65534, seq: 2 ** 32 - 1, attempt: 1, partition: 65534, sizeBytes: 2 ** 32 - 1 },
  { kind: 'outcome', producer: 1, seq: 0, outcome: 'acked', attempt: 1, latencyUs: 12, ...place },
  { kind: 'outcome', producer: 1, seq: 0, outcome: 'degraded', attempt: 2, latencyUs: 0, partition: 1 },
  { kind: 'outcome', producer: 1, seq: 0, outcome: 'rejected', attempt: 2, latencyUs: 5, error: 0 },
  { kind: 'outcome', producer: 1, seq: 0, outcome: 'unknown', attempt: 2, latencyUs: 5, error: 70_000 },
  { kind: 'outcome', producer: 1, seq: 0, outcome: 'sent', attempt: 2, latencyUs: 5 },
  { kind: 'received', group: 1, session: 513, attempt: 4, ...delivery },
  { kind: 'received', group: 0, session: 0, attempt: 1, ...delivery, flags: 127 },
  { kind: 'stored', ...delivery, flags: 0 },
  { kind: 'dead', group: 1, attempt: 3, ...delivery, flags: 0 },
  { kind: 'processingFailed', ...by },
  { kind: 'processingFailed', ...by, cause: 'store' },
  { kind: 'store', state: 'lost', group: 1, session: 513, detail: { store: 'redis at h:1', why: 'store-lost' } },
  { kind: 'store', state: 'reached', group: 255, session: 65535, detail: { store: 'x', calls: 1, connects: 20 } },
  { kind: 'redeliveryScheduled', ...by, delayMs: 1000 },
  { kind: 'deadLettered', ...by },
  { kind: 'effect', ...by, effect: 'absorbed' },
  { kind: 'held', holding: 'latest', producer: 3, seq: 41, group: 1, count: 16 },
  { kind: 'ack', step: 'confirmed', group: 1, session: 2, ...place },
  { kind: 'ack', step: 'sent', group: 1, session: 2, partition: 0 },
  { kind: 'assigned', assignment: 'revoked', group: 0, session: 2, partition: 3 },
  { kind: 'fault', step: 'healed', fault: 12, detail: { id: 'f2.3', do: 'kill', targets: ['b1', 'b2'] } },
  { kind: 'node', state: 'killed', node: 2, detail: { signal: 'SIGKILL' } },
  { kind: 'worker', state: 'exited', detail: { name: 'p1', role: 'producer', journal: 'p1.journal', records: 3 } },
  { kind: 'phase', phase: 'drain', detail: {} },
  { kind: 'drain', step: 'dead-letters', ok: false, detail: { group: 1, proof: 'x' } },
  { kind: 'drain', step: 'drained', ok: true, detail: {} },
  { kind: 'read', detail: { partition: 1, from: 0, to: 10, complete: true } },
  { kind: 'name', space: 'session', id: 3, text: 'é'.repeat(100) },
  { kind: 'name', space: 'error', id: 4, text: '' },
];

test('every kind comes back as it was written', async () => {
  let now = 0;
  const writer = new JournalWriter(path, header, () => (now += 2 ** 33 + 1));
  for (const event of everyEvent) writer.append(event);
  writer.close();
  const { events, end } = await readBack();
  const bodies = events.map(({ atNs: _, ...body }) => body);
  expect(bodies.slice(0, -1)).toEqual(everyEvent);
  expect(bodies.at(-1)).toMatchObject({ kind: 'mark', mark: 'closed' });
  expect(end).toMatchObject({ state: 'closed', leftBytes: 0, records: writer.records });
  expect(events.map(({ atNs }) => atNs)).toEqual(events.map((_, at) => (at + 1) * (2 ** 33 + 1)));
  expect(readJournalHeader(path)).toEqual(header);
});

test('a record of a kind that is not used any more is skipped', async () => {
  const writer = new JournalWriter(path, header, () => 1);
  writer.append({ kind: 'assigned', assignment: 'assigned', group: 0, session: 3, partition: 2 });
  writer.append({ kind: 'assigned', assignment: 'revoked', group: 0, session: 3, partition: 2 });
  writer.close();
  const bytes = readFileSync(path);
  const at = bytes.length - 3 * recordSizeBytes;
  const leader = 15;
  bytes[at + 31] = bytes[at + 31]! ^ bytes[at]! ^ leader; // the check holds again
  bytes[at] = leader;
  writeFileSync(path, bytes);
  const { events, end } = await readBack();
  expect(events).toMatchObject([{ kind: 'assigned', assignment: 'revoked' }, { kind: 'mark' }]);
  expect(end).toMatchObject({ state: 'closed', records: 3 });
});

test('numbers beyond their field saturate instead of spilling over', async () => {
  const writer = new JournalWriter(path, header, () => 1);
  writer.outcome(1, 0, 900, 'acked', 2 ** 40, { partition: 1, position: 5, epoch: 400 });
  writer.received({ ...delivery, sendAttempt: 99, latencyUs: 2 ** 40 }, 0, 1, 300);
  writer.outcome(1, 0, 1, 'acked', -5);
  writer.close();
  const { events } = await readBack();
  expect(events[0]).toMatchObject({ attempt: 255, latencyUs: 0xffffffff, epoch: 254 });
  expect(events[1]).toMatchObject({ attempt: 255, sendAttempt: 15, latencyUs: 0xfffffff * 16 });
  expect(events[2]).toMatchObject({ latencyUs: 0 });
});

test('times, positions and identities survive over their whole range', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      fc.integer({ min: 0, max: noPosition - 1 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: 0, max: none16 - 1 }),
      async (atNs, position, seq, partition) => {
        made += 1;
        const file = join(folder, `${made}.journal`);
        const writer = new JournalWriter(file, header, () => atNs);
        writer.append({ kind: 'stored', ...delivery, position, seq, partition });
        writer.close();
        const { events, end } = await readBack(file);
        expect(end.state).toBe('closed');
        expect(events[0]).toEqual({ kind: 'stored', ...delivery, position, seq, partition, atNs });
      },
    ),
    { numRuns: 200 },
  );
});

test('a name is written once and keeps its number', async () => {
  const writer = new JournalWriter(path, header, () => 1);
  writer.failed(1, 0, 1, 'rejected', 3, 'not-written');
  writer.failed(1, 1, 1, 'unknown', 3, 'deadline');
  writer.failed(1, 2, 1, 'unknown', 3, 'deadline');
  writer.close();
  const { events } = await readBack();
  expect(events.filter((event) => event.kind === 'name').map((event) => event.text)).toEqual([
    'not-written',
    'deadline',
  ]);
  expect(events.filter((event) => event.kind === 'outcome').map((event) => event.error)).toEqual([0, 1, 1]);
});

test('a journal larger than the buffer and the chunks is read whole, and its top is found', async () => {
  let nowNs = 0;
  const writer = new JournalWriter(path, header, () => nowNs);
  for (let seq = 0; seq < 60_000; seq += 1) {
    nowNs += 5;
    writer.intended(1, seq, 1, 0, 1);
    writer.outcome(1, seq, 1, 'acked', 1);
  }
  nowNs += 5;
  for (let at = 0; at < 20_000; at += 1) writer.append({ kind: 'phase', phase: 'send', detail: { a: 'x'.repeat(9) } });
  writer.intended(1, 5, 2, 0, 1);
  writer.close();
  let records = 0;
  const end = await scanJournal(path, (_, endWord) => {
    records += endWord / 8;
  });
  expect(end).toMatchObject({ state: 'closed', records: writer.records });
  expect(records).toBe(writer.records);
  expect(readTail(path, 1)).toEqual({ top: 60_000, atNs: 300_000 });
  expect(readTail(path, 2)).toEqual(noTail);
});

test('the writer touches no journal that is there', () => {
  new JournalWriter(path, header, () => 1).close();
  expect(() => new JournalWriter(path, header, () => 1)).toThrow(/EEXIST/);
});

test('what was not flushed is not in the file; flush and close may be called again', async () => {
  const writer = new JournalWriter(path, header, () => 1);
  writer.intended(1, 0, 1, 0, 1);
  expect((await readBack()).end).toMatchObject({ state: 'unclosed', records: 0 });
  writer.flush();
  writer.flush();
  expect((await readBack()).end).toMatchObject({ state: 'unclosed', records: 1 });
  writer.close();
  writer.close();
  expect((await readBack()).end).toMatchObject({ state: 'closed', records: 2 });
});

describe('damage', () => {
  beforeEach(() => {
    const writer = new JournalWriter(path, header, () => 1);
    for (const event of everyEvent) writer.append(event);
    writer.close();
  });

  test('a cut between records is unclosed, inside one too', async () => {
    const size = readFileSync(path).length;
    truncateSync(path, size - 32);
    expect((await readBack()).end.state).toBe('unclosed');
    truncateSync(path, size - 50);
    expect((await readBack()).end).toMatchObject({ state: 'unclosed', leftBytes: 14 });
    truncateSync(path, headerSizeBytes);
    expect((await readBack()).end).toMatchObject({ state: 'unclosed', records: 0 });
  });

  test('any changed byte of the body is torn, and nothing after it is read', async () => {
    const whole = readFileSync(path);
    const { events } = await readBack();
    for (let at = headerSizeBytes; at < whole.length; at += 7) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ (1 + (at % 255));
      writeFileSync(path, bytes);
      const { end, events: read } = await readBack();
      expect(end.state).toBe('torn');
      expect(end.records).toBe(Math.floor((at - headerSizeBytes) / 32));
      expect(end.reason).toMatch(/damaged/);
      expect(read.length).toBeLessThan(events.length);
    }
  });

  test('any changed byte of the header is refused', () => {
    const whole = readFileSync(path);
    for (const at of [0, 8, 10, 24, 60, 200, 4000, 4095]) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ 1;
      writeFileSync(path, bytes);
      expect(() => readJournalHeader(path)).toThrow(/journal/);
    }
    writeFileSync(path, whole.subarray(0, 4095));
    expect(() => readJournalHeader(path)).toThrow(/damaged/);
    writeFileSync(path, '');
    expect(() => readJournalHeader(path)).toThrow(/not a journal/);
  });

  test('zeros, and records after the closing mark, are torn', async () => {
    const whole = readFileSync(path);
    appendFileSync(path, Buffer.alloc(32));
    expect((await readBack()).end.state).toBe('torn');
    writeFileSync(path, Buffer.concat([whole, whole.subarray(headerSizeBytes, headerSizeBytes + 32)]));
    expect((await readBack()).end).toMatchObject({ state: 'torn', reason: expect.stringMatching(/closing mark/) });
    writeFileSync(path, Buffer.concat([whole, Buffer.from('x')]));
    expect((await readBack()).end).toMatchObject({ state: 'torn', reason: 'bytes follow the closing mark' });
  });

  test('a record that is missing in the middle is torn: the mark counts', async () => {
    const whole = readFileSync(path);
    const at = headerSizeBytes + 64;
    writeFileSync(path, Buffer.concat([whole.subarray(0, at), whole.subarray(at + 32)]));
    expect((await readBack()).end).toMatchObject({ state: 'torn', reason: expect.stringMatching(/counts/) });
  });
});

test('a newer version says so', () => {
  new JournalWriter(path, header, () => 1).close();
  const bytes = readFileSync(path);
  bytes.writeUInt16LE(2, 8);
  writeFileSync(path, bytes);
  expect(() => readJournalHeader(path)).toThrow(/version 2/);
});

test('a header that does not fit its page is refused', () => {
  const groups = Array.from({ length: 400 }, (_, at) => `a-long-group-name-${at}`);
  expect(() => new JournalWriter(path, { ...header, groups }, () => 1)).toThrow(/does not fit/);
});

test('two clocks of one base agree', () => {
  const base = newClockBase();
  const [one, two] = [runClock(base), runClock(base)];
  const first = one();
  const second = two();
  expect(first).toBeGreaterThanOrEqual(0);
  expect(Math.abs(second - first)).toBeLessThan(1e9);
  expect(one()).toBeGreaterThanOrEqual(first);
});

describe('what is no journal', () => {
  test('a folder and a pipe are refused at once', () => {
    mkdirSync(path);
    expect(() => readJournalHeader(path)).toThrow(/not a journal of mqchaos/);
    rmSync(path, { recursive: true });
    execFileSync('mkfifo', [path]);
    expect(() => readJournalHeader(path)).toThrow(/not a journal of mqchaos/);
  });

  test.each<Record<string, unknown>>([
    { groups: 'a' },
    { groups: [1] },
    { partitions: -1 },
    { partitions: '4' },
    { partitions: 65536 },
    { producer: 1.5 },
    { producer: 65535 },
    { positions: 'some' },
    { clock: null },
    { clock: { source: 'monotonic', bootId: 'b', baseNs: '-1', wall: '' } },
    { redelivery: 3 },
    { writer: undefined },
    { run: 7 },
  ])('a header with %j is damaged', (odd) => {
    writeFileSync(path, encodeHeader({ ...header, ...odd } as JournalHeader));
    expect(() => readJournalHeader(path)).toThrow(/the journal's header is damaged/);
  });

  test('a header with more in it than this version knows is one', () => {
    writeFileSync(path, encodeHeader({ ...header, more: 1, role: 'oracle' } as unknown as JournalHeader));
    expect(readJournalHeader(path)).toMatchObject({ role: 'oracle', producer: 1 });
  });
});

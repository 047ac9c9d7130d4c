/** What a group holds, read from the records of POP: check points, acknowledgements, and how far the broker has gone. */
import { describe, expect, test } from 'vitest';
import { Ledger, parsePopRecord } from '../../../src/products/rocketmq/client/ledger.ts';
import { decodeRecords } from '../../../src/products/rocketmq/client/records.ts';
import { record } from './support/record.ts';

const popTime = 1_000_000;
const invisibleMs = 5_000;

function entry(tag: string, body: object, storedAtMs = popTime + 10) {
  const bytes = record({
    topic: 'rmq_sys_wheel_timer',
    queue: 0,
    offset: 0,
    body: JSON.stringify(body),
    properties: { TAGS: tag },
    storedAtMs,
  });
  const [stored] = decodeRecords(bytes);
  const parsed = stored && parsePopRecord(stored);
  if (parsed === undefined) throw new Error(`no record of POP: ${tag}`);
  return parsed;
}

const shared = { t: 'orders', c: 'g1', q: 2, bn: 'b1', pt: popTime };
const checkPoint = (start: number, distances: readonly number[], more: object = {}) =>
  entry('ck', { ...shared, so: start, it: invisibleMs, bm: 0, n: distances.length, d: distances, ...more });
const ack = (start: number, offset: number, storedAtMs?: number) =>
  entry('ack', { ...shared, so: start, ao: offset }, storedAtMs);
const none = (): number => -1;
const ledger = (): Ledger => new Ledger(['orders', '%RETRY%g1_orders'], 'g1');

describe('a message that was handed out', () => {
  test('is open until its acknowledgement', () => {
    const of = ledger();
    of.take(checkPoint(10, [0, 1, 3]));
    expect(of.openCount(none)).toBe(3);
    of.take(ack(10, 10));
    of.take(ack(10, 13));
    expect(of.openCount(none)).toBe(1);
    of.take(entry('bAck', { ...shared, so: 10, ao: -1, aol: [11] }));
    expect(of.openCount(none)).toBe(0);
  });

  test('stays open when its acknowledgement came too late: the broker confirms it, and delivers again', () => {
    const of = ledger();
    of.take(checkPoint(10, [0]));
    of.take(ack(10, 10, popTime + invisibleMs + 1));
    expect(of.openCount(none)).toBe(1);
  });

  test('is closed when the broker has gone past its check point: then it is in the retry topic', () => {
    const of = ledger();
    of.take(checkPoint(10, [0]));
    of.take(checkPoint(10, [0]), { queue: 4, offset: 77 });
    expect(of.openCount((queue) => (queue === 4 ? 76 : 1_000))).toBe(1);
    expect(of.openCount((queue) => (queue === 4 ? 77 : -1))).toBe(0);
  });

  test('the same record, read in the timer and again in the revive log, counts once', () => {
    const of = ledger();
    of.take(checkPoint(10, [0, 1]));
    of.take(ack(10, 10));
    of.take(checkPoint(10, [0, 1]), { queue: 0, offset: 5 });
    expect(of.openCount(none)).toBe(1);
  });

  test('an acknowledgement may be read before its check point', () => {
    const of = ledger();
    of.take(ack(10, 11));
    of.take(checkPoint(10, [0, 1]));
    expect(of.openCount(none)).toBe(1);
  });
});

test('other groups, other topics and other records are none of its business', () => {
  const of = ledger();
  of.take(checkPoint(10, [0], { c: 'g2' }));
  of.take(checkPoint(10, [0], { t: 'invoices' }));
  expect(of.openCount(none)).toBe(0);
  const [other] = decodeRecords(record({ topic: 'orders', queue: 0, offset: 0, body: 'x' }));
  expect(other && parsePopRecord(other)).toBeUndefined();
});

/**
 * What a group has been handed and not settled, read from the broker's own records. The committed offset proves nothing
 * with POP: it moves when messages are handed out. What POP knows is in the store: for each handing-out a check point
 * (tag `ck`), for each acknowledgement an `ack`, both first in the timer's topic, `rmq_sys_wheel_timer`, and at the end of
 * the invisible time in a queue of the revive log, `rmq_sys_REVIVE_LOG_cluster`. A consumer of the broker's own, group
 * CID_RMQ_SYS_REVIVE_GROUP, goes through the revive log, matches the two, and puts what has no ack into the retry topic.
 *
 * So a message is open as long as its check point has no ack for it in time, and the broker has not gone past the check
 * point. An ack after the invisible time is confirmed as any other, but may have come too late: it settles nothing here.
 */

import type { StoredRecord } from './records.ts';

/** A record of POP, in the words of PopCheckPoint.java and AckMsg.java. */
export interface PopRecord {
  readonly kind: 'ck' | 'ack';
  readonly topic: string;
  readonly group: string;
  readonly queue: number;
  /** Offset that the check point begins at. */
  readonly start: number;
  readonly popTime: number;
  readonly offsets: readonly number[];
  /** Of a check point, ms. */
  readonly invisibleMs: number;
  /** Of an ack: when the broker stored it, ms of its clock. */
  readonly storedAtMs: number;
}

/** Where a record stands in the revive log; absent: it is in the timer still. */
export interface RevivePlace {
  readonly queue: number;
  readonly offset: number;
}

interface CheckPoint {
  readonly open: Set<number>;
  readonly overAtMs: number;
  revive: RevivePlace | undefined;
}

export class Ledger {
  readonly #topics: ReadonlySet<string>;
  readonly #group: string;
  readonly #checkPoints = new Map<string, CheckPoint>();
  /** Acks whose check point was not read yet. */
  readonly #early = new Map<string, PopRecord[]>();

  constructor(topics: readonly string[], group: string) {
    this.#topics = new Set(topics);
    this.#group = group;
  }

  take(record: PopRecord, revive?: RevivePlace): void {
    if (record.group !== this.#group || !this.#topics.has(record.topic)) return;
    const key = `${record.topic} ${record.queue} ${record.start} ${record.popTime}`;
    const known = this.#checkPoints.get(key);
    if (record.kind === 'ack') {
      if (known !== undefined) settle(known, record);
      else this.#early.set(key, [...(this.#early.get(key) ?? []), record]);
      return;
    }
    if (known !== undefined) {
      known.revive ??= revive;
      return;
    }
    const overAtMs = record.popTime + record.invisibleMs;
    const checkPoint: CheckPoint = { open: new Set(record.offsets), overAtMs, revive };
    for (const ack of this.#early.get(key) ?? []) settle(checkPoint, ack);
    this.#early.delete(key);
    this.#checkPoints.set(key, checkPoint);
  }

  /** @param passed up to which offset the broker went through each queue of its revive log. */
  openCount(passed: (queue: number) => number): number {
    let count = 0;
    for (const { open, revive } of this.#checkPoints.values()) {
      if (revive !== undefined && revive.offset <= passed(revive.queue)) continue;
      count += open.size;
    }
    return count;
  }
}

function settle({ open, overAtMs }: CheckPoint, { offsets, storedAtMs }: PopRecord): void {
  if (storedAtMs < overAtMs) for (const offset of offsets) open.delete(offset);
}

/** Undefined for what is no record of POP. */
export function parsePopRecord({ properties, body, storedAtMs }: StoredRecord): PopRecord | undefined {
  const tag = properties.get('TAGS');
  if (tag === 'ck') {
    const { t, c, q, so, pt, it, n, d } = JSON.parse(body.toString()) as CheckPointBody;
    const offsets =
      d === undefined || d.length === 0 ? Array.from({ length: n }, (_, i) => so + i) : d.map((each) => so + each);
    return { kind: 'ck', topic: t, group: c, queue: q, start: so, popTime: pt, offsets, invisibleMs: it, storedAtMs };
  }
  if (tag !== 'ack' && tag !== 'bAck') return undefined;
  const { t, c, q, so, pt, ao, aol } = JSON.parse(body.toString()) as AckBody;
  const offsets = tag === 'ack' ? [ao] : (aol ?? []);
  return { kind: 'ack', topic: t, group: c, queue: q, start: so, popTime: pt, offsets, invisibleMs: 0, storedAtMs };
}

interface CheckPointBody {
  readonly t: string;
  readonly c: string;
  readonly q: number;
  readonly so: number;
  readonly pt: number;
  readonly it: number;
  readonly n: number;
  /** Distances from `so`; absent: one after the other. */
  readonly d?: readonly number[];
}

interface AckBody {
  readonly t: string;
  readonly c: string;
  readonly q: number;
  readonly so: number;
  readonly pt: number;
  readonly ao: number;
  /** Of a `bAck`. */
  readonly aol?: readonly number[];
}

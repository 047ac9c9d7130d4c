/** Which cut took a message, from a log that the broker's own code wrote and the evidence as runs record it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { entryKind, writeEntry } from '../../../src/broker/store/log/entry.ts';
import { placeBatch } from '../../../src/broker/wire/record-batch.ts';
import { LeftLog } from '../../../src/products/bundled/left-log.ts';
import { findLoss } from '../../../src/products/bundled/loss.ts';
import type { RecordedFault } from '../../../src/products/left.ts';
import { settings } from '../../support/settings.ts';

const topicId = '7f'.repeat(16);
let nodes: string;
beforeEach(() => {
  nodes = mkdtempSync(join(tmpdir(), 'mqchaos-left-'));
});
afterEach(() => rmSync(nodes, { recursive: true, force: true }));

/** Entries of one batch each; returns where each ends. Segments begin where they are told to. */
function write(node: string, batches: readonly [partition: number, offset: number, count: number, bytes?: number][]) {
  const folder = join(nodes, node, 'commit-log');
  mkdirSync(folder, { recursive: true });
  const entries: Buffer[] = [];
  const ends: number[] = [];
  let position = 0;
  for (const [partition, offset, count, bytes = 100] of batches) {
    const body = Buffer.alloc(61 + bytes);
    placeBatch(body, offset, 1);
    body.writeInt32BE(count, 57);
    const into = Buffer.alloc(48 + body.length);
    position += writeEntry({ kind: entryKind.batch, topicId, partition, body }, position, 1, into, 0);
    entries.push(into);
    ends.push(position);
  }
  const log = Buffer.concat(entries);
  const half = ends[Math.floor(ends.length / 2)] ?? 0;
  writeFileSync(join(folder, '0000000000000000.log'), log.subarray(0, half));
  writeFileSync(join(folder, `${String(half).padStart(16, '0')}.log`), log.subarray(half));
  const routes = { topics: [{ name: 't', id: topicId, sets: [1, 1] }] };
  writeFileSync(join(nodes, node, 'routes.json'), JSON.stringify(routes));
  return { ends, file: (at: number) => (at < half ? 0 : half) };
}

const cutAt = (id: string, atMs: number, evidence: Record<string, unknown>, start: object = {}): RecordedFault => ({
  id,
  injectingNs: atMs * 1e6,
  injectedNs: (atMs + 10) * 1e6,
  evidence: [
    { target: 'b1', cutPower: evidence },
    { target: 'b1', start: { recovery: start } },
  ],
});

const dropped = (base: number, syncedBytes: number, keptBytes = syncedBytes) => ({
  cut: [
    { file: `commit-log/${String(base).padStart(16, '0')}.log`, syncedBytes, droppedBytes: 500, keptBytes },
    { file: 'index/7f-0', syncedBytes: 0, droppedBytes: 4096, keptBytes: 0 },
  ],
});

const ask = (faults: readonly RecordedFault[], position: number, changes: Parameters<typeof settings>[0] = {}) =>
  findLoss({
    ...{ nodes, topic: 't', partition: 0, position, ackedNs: 5e6, faults },
    cluster: settings({ masters: 1, ...changes }),
  });

describe('a power cut', () => {
  test('that dropped the position: what was synced, and what a torn write kept', () => {
    const { ends } = write('b1', [
      [0, 0, 3],
      [1, 0, 1],
      [0, 3, 1],
      [1, 1, 1],
      [0, 4, 2],
      [0, 4, 9],
    ]);
    const faults = [cutAt('f1', 20, dropped(0, ends[1] ?? 0, (ends[2] ?? 0) + 7), { cut: { position: ends[2] } })];
    expect(ask(faults, 4)).toEqual({
      ...{ fault: 'f1', node: 'b1', cutAtNs: 20e6, droppedBytes: 4596 - 4096 },
      ...{ flushedTo: 2, keptTo: 3, replicas: [], files: ['b1/commit-log'] },
    });
    expect(ask(faults, 3)).toBeUndefined();
  });
  test('before the acknowledgement, or without a loss in the log, is none', () => {
    const { ends } = write('b1', [
      [0, 0, 3],
      [0, 3, 1],
    ]);
    expect(ask([{ ...cutAt('f1', 1, dropped(0, ends[0] ?? 0)), injectedNs: 4e6 }], 3)).toBeUndefined();
    expect(ask([cutAt('f1', 20, { cut: [] })], 3)).toBeUndefined();
    expect(ask([], 3)).toBeUndefined();
  });
  test('says how far the replicas were, where the node asked them', () => {
    const { ends } = write('b1', [
      [0, 0, 3],
      [0, 3, 1],
      [0, 4, 1],
    ]);
    const regained = { from: ends[1], to: ends[1], replicas: [{ node: 17, end: ends[0] }] };
    const loss = ask([cutAt('f1', 20, dropped(0, ends[1] ?? 0), { cut: null, regained })], 4, { slaves: 1 });
    expect(loss).toMatchObject({ flushedTo: 3, keptTo: 3, replicas: [{ node: 'b1s1', to: 2 }] });
    const silent = ask([cutAt('f1', 20, dropped(0, ends[1] ?? 0))], 4, { slaves: 1 });
    expect(silent?.replicas).toBeUndefined();
  });
  test('is not named where another node may have led: positions of two leaders do not compare', () => {
    const { ends } = write('b1', [
      [0, 0, 3],
      [0, 3, 1],
    ]);
    const faults = [cutAt('f1', 20, dropped(0, ends[0] ?? 0))];
    expect(ask(faults, 3, { slaves: 1 })).toMatchObject({ fault: 'f1' });
    expect(ask(faults, 3, { slaves: 1, failover: 'unclean' })).toBeUndefined();
    const promotion = { id: 'f2', evidence: [{ target: 'b1s1', promote: { promoted: 17, epoch: 2 } }] };
    expect(ask([...faults, promotion], 3, { slaves: 1 })).toBeUndefined();
  });
  test('of nodes that have left nothing', () => {
    expect(ask([cutAt('f1', 20, dropped(0, 0))], 3)).toBeUndefined();
  });
});

describe('the log that was left', () => {
  test('is read backwards over windows and segments', () => {
    const many = Array.from({ length: 40 }, (_, index): [number, number, number, number] => [1, index, 1, 100_000]);
    const { ends } = write('b1', [[0, 0, 5], ...many]);
    using log = new LeftLog(join(nodes, 'b1'));
    expect(log.lastBefore(ends.at(-1) ?? 0, topicId, 0)).toBe(4);
    expect(log.lastBefore(ends.at(-1) ?? 0, topicId, 1)).toBe(39);
    expect(log.lastBefore((ends[20] ?? 0) + 10, topicId, 1)).toBe(19);
    expect(log.lastBefore((ends[0] ?? 0) - 1, topicId, 0)).toBe(-1);
    expect(log.lastBefore(ends[0] ?? 0, 'ab'.repeat(16), 0)).toBe(-1);
    expect(log.lastBefore((ends.at(-1) ?? 0) + 1, topicId, 0)).toBeNull();
  });
  test('bytes of a message that look like an entry are none', () => {
    write('b1', [
      [0, 0, 5, 4000],
      [0, 5, 1],
    ]);
    const file = join(nodes, 'b1', 'commit-log', '0000000000000000.log');
    writeFileSync(file, Buffer.concat([Buffer.from('MQCLMQCL')])); // a log that is nothing else
    using log = new LeftLog(join(nodes, 'b1'));
    expect(log.lastBefore(8, topicId, 0)).toBe(-1);
  });
});

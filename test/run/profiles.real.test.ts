/**
 * Each bundled profile, smaller: it comes to the verdict that it promises, and the numbers add up. kill-async-flush is in
 * contract.real.test.ts, measures are in pairs.real.test.ts and effects.real.test.ts.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markedProcesses } from '../../src/cluster/undo/undo.ts';
import { Workspace } from '../support/tool.ts';
import { accusations, begunIn, type CarriedOut, pass } from './support/carried-out.ts';

function expectFaults({ record }: CarriedOut, messages: number, faults: number): void {
  expect(record.counts.attempted).toBe(messages);
  expect(record.faults).toHaveLength(faults);
  expect(record.faults.every(({ injected, healed }) => injected !== null && healed !== null)).toBe(true);
}

describe('the bundled profile', () => {
  it('kill-producers: killed ones come back as new incarnations and send exactly the rest', async () => {
    using workspace = new Workspace();
    const run = await pass(workspace, 'kill-producers', ['producers.messages=6001']);
    expectFaults(run, 6001, 2);
    expect(accusations(run)).toEqual({});
    const names = [...run.journals.keys()].filter((name) => name.startsWith('p'));
    // one of three was killed alone, then all: 3 + 1 + 3 incarnations
    expect(names).toHaveLength(7);
    const shares = new Map<string, number>();
    for (const name of names) {
      const begun = await begunIn(run.journals.get(name) as string);
      expect(begun, name).toEqual(begun.map((_, seq) => seq));
      const worker = name.slice(0, 2);
      shares.set(worker, (shares.get(worker) ?? 0) + begun.length);
    }
    expect(Object.fromEntries(shares)).toEqual({ p1: 2001, p2: 2000, p3: 2000 });
    const all = run.record.faults[1];
    expect(((all?.healed ?? 0) - (all?.injected ?? 0)) / 1e6).toBeGreaterThanOrEqual(1000);
    expect(markedProcesses(join(workspace.folder, 'run'))).toEqual([]);
  });

  it('kill-consumers: what they had not settled comes again, and all come back', async () => {
    using workspace = new Workspace();
    const run = await pass(workspace, 'kill-consumers', ['producers.messages=3000', 'consumers.sessionTimeout=1s']);
    expectFaults(run, 3000, 2);
    expect(accusations(run)).toEqual({});
    const { counts, workers } = run.record;
    expect(counts.ackedDelivered).toBe(counts.acked);
    expect(workers.filter(({ role, signal }) => role === 'consumer' && signal === 'SIGKILL')).toHaveLength(4);
    expect([...run.journals.keys()].filter((name) => name.startsWith('c'))).toHaveLength(3 + 4);
  });

  it('pause-master: attempts that ran into their deadline are tried again', async () => {
    using workspace = new Workspace();
    const sets = ['producers.messages=6000', 'producers.timeout=500ms', 'faults.0.for=1200ms', 'faults.1.for=1200ms'];
    const run = await pass(workspace, 'pause-master', sets);
    expectFaults(run, 6000, 2);
    expect(accusations(run)).toEqual({});
    expect(run.record.counts.attempts).toBeGreaterThan(6000);
  });

  it('kill-master: again and again', async () => {
    using workspace = new Workspace();
    const run = await pass(workspace, 'kill-master', [
      'producers.messages=3000',
      'faults.0.every=1s..2s',
      'faults.0.for=500ms',
    ]);
    expectFaults(run, 3000, run.record.faults.length);
    expect(run.record.faults.length).toBeGreaterThanOrEqual(2);
    expect(accusations(run)).toEqual({});
  });

  it('rolling-restart: three brokers, one after the other', async () => {
    using workspace = new Workspace();
    const run = await pass(workspace, 'rolling-restart', ['producers.messages=7500']);
    expectFaults(run, 7500, 3);
    expect(accusations(run)).toEqual({});
    expect(run.record.faults.map(({ target }) => target)).toEqual([['b1'], ['b2'], ['b3']]);
  });

  it('async-window: a killed broker takes unanswered sends with it, and none is lost', async () => {
    using workspace = new Workspace();
    const sets = ['producers.messages=15000', 'faults.0.for=700ms', 'faults.1.for=700ms'];
    const run = await pass(workspace, 'async-window', sets);
    expectFaults(run, 15_000, 2);
    expect(accusations(run)).toEqual({});
    expect(run.record.counts.attempts).toBeGreaterThan(15_000);
  });

  it('failover-in-sync: slaves take over, and nothing acknowledged is lost', async () => {
    using workspace = new Workspace();
    const run = await pass(workspace, 'failover-in-sync');
    expectFaults(run, 10_000, 2);
    expect(accusations(run)).toEqual({});
    // the second fault asked anew who leads
    expect(run.record.faults.map(({ target }) => target)).toEqual([['b1'], [expect.stringMatching(/^b1s[12]$/)]]);
  });

  it('kafkajs-idempotent-concurrent: shows that acknowledged messages are lost', async () => {
    using workspace = new Workspace();
    const run = await pass(workspace, 'kafkajs-idempotent-concurrent');
    expectFaults(run, 3000, 5);
    const { lost, lostProved, duplicateStored } = run.record.counts;
    expect(lost).toBeGreaterThan(0);
    expect(lostProved).toBe(lost);
    expect(duplicateStored).toBeGreaterThan(0);
  });
});

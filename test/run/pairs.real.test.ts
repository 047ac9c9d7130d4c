/** Each measure of producers and brokers, on and off under the same faults: on is clean, off shows its harm. */
import { describe, expect, it } from 'vitest';
import { Workspace } from '../support/tool.ts';
import { accusations, type CarriedOut, pass } from './support/carried-out.ts';

async function carriedOut(profile: string): Promise<CarriedOut> {
  using workspace = new Workspace();
  const run = await pass(workspace, profile);
  const { faults } = run.record;
  expect(faults.every(({ injected, healed }) => injected !== null && healed !== null)).toBe(true);
  return run;
}

describe('a measure', () => {
  it('sync-send: of what did not get through everybody is told, but for oneway sends', async () => {
    const sync = await carriedOut('sync-send');
    expect(accusations(sync)).toEqual({});
    const async = await carriedOut('sync-send-async');
    expect(accusations(async)).toEqual({});
    for (const { record } of [sync, async]) {
      expect(record.counts).toMatchObject({ attempted: 3000, undeliveredSilent: 0, undeliveredDied: 0 });
      expect(record.faults).toMatchObject([
        { do: 'kill-paused', evidence: [{ target: 'b1', pause: {}, kill: {} }, {}] },
      ]);
    }
    expect(async.record.counts.undeliveredTold).toBeGreaterThan(0);
    const off = await carriedOut('sync-send-off');
    expect(accusations(off)).toEqual({});
    const { counts, findings } = off.record;
    expect(counts).toMatchObject({ acked: 0, attempts: 3000 });
    // 300 ms at 1000/s, less what was late
    expect(counts.undeliveredSilent).toBeGreaterThan(100);
    const silent = findings.find((finding) => finding.class === 'undelivered-silent');
    expect(silent).toMatchObject({ count: counts.undeliveredSilent, allowed: true });
  });

  it('retry: another broker takes what one did not', async () => {
    const on = await carriedOut('retry');
    expect(accusations(on)).toEqual({});
    expect(on.record.counts).toMatchObject({ attempted: 4000, undelivered: 0 });
    expect(on.record.counts.attempts).toBeGreaterThan(4000);
    const off = await carriedOut('retry-off');
    expect(accusations(off)).toEqual({});
    expect(off.record.counts).toMatchObject({ attempted: 4000, attempts: 4000, undeliveredSilent: 0 });
    expect(off.record.counts.undelivered).toBeGreaterThan(50);
  });

  it('several-masters: an outage longer than all retries is outlasted where another broker is', async () => {
    const on = await carriedOut('several-masters');
    expect(accusations(on)).toEqual({});
    expect(on.record.counts).toMatchObject({ attempted: 5000, undelivered: 0 });
    const off = await carriedOut('several-masters-off');
    expect(accusations(off)).toEqual({});
    expect(off.record.counts.undelivered).toBeGreaterThan(50);
    expect(off.record.faults[0]?.recoveryMs).toBeGreaterThanOrEqual(4000);
  });

  it('sync-flush: a power cut takes what was acknowledged and not flushed', async () => {
    const on = await carriedOut('sync-flush');
    expect(accusations(on)).toEqual({});
    const off = await carriedOut('sync-flush-off');
    const { lost, lostProved } = off.record.counts;
    expect(lost).toBeGreaterThan(0);
    expect(lostProved).toBe(lost);
    expect(off.record.faults[0]?.evidence[0]).toMatchObject({ cutPower: { droppedBytes: expect.any(Number) } });
    // not held to the contract, it is told all the same what that has of each finding
    expect(off.record.profile?.expect).not.toHaveProperty('contract');
    const loss = off.record.findings.find((finding) => finding.class === 'lost');
    expect(loss?.contract).toMatchObject({ allowed: true });
  });

  it('sync-replication: a lost disk takes what no slave had', async () => {
    const on = await carriedOut('sync-replication');
    expect(accusations(on)).toEqual({});
    const { drain, faults } = on.record;
    expect(drain.steps.find(({ step }) => step === 'healed')?.proof).toContain('every copy is in sync');
    expect(faults[2]?.evidence[0]).toMatchObject({ target: 'b1s1', promote: { epoch: expect.any(Number) } });
    const off = await carriedOut('sync-replication-off');
    const { lost, lostProved } = off.record.counts;
    expect(lost).toBeGreaterThan(0);
    expect(lostProved).toBe(lost);
  });
});

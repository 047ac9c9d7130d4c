import { describe, expect, it } from 'vitest';
import { type RunRecord, recordOf } from '../../src/report/record.ts';
import { audit, environment, foreverAway, outage, planOf, recordWith } from './small-record.ts';

/** Scripts read these names: adding one is fine, losing one is a new version. */
describe('record.json', () => {
  const written = (record: RunRecord): Record<string, unknown> => JSON.parse(JSON.stringify(record));

  it('has these names', () => {
    const record = written(recordWith());
    expect(record).toEqual(expect.objectContaining({ version: 1, run: '00000007-0a0b0c0d', seed: 7 }));
    expect(Object.keys(record)).toEqual([
      'version',
      'run',
      'seed',
      'startedAt',
      'profile',
      'environment',
      'topic',
      'groups',
      'verdict',
      'counts',
      'findings',
      'answers',
      'faults',
      'storeOutages',
      'phases',
      'drain',
      'reads',
      'latency',
      'workers',
      'journals',
    ]);
    expect(record.startedAt).toBe('2026-01-02T03:04:05.678Z');
    expect(record.profile).toEqual(written(planOf() as unknown as RunRecord));
  });

  it('tells of each fault what was due, and when it was begun, in force and undone', () => {
    expect(written(recordWith()).faults).toEqual([
      {
        id: 'f1',
        do: 'kill',
        target: ['b2'],
        missing: [],
        trigger: { due: '40%', lateMessages: 1, elapsedMs: 3200 },
        triggeredAt: 7_637_000_000,
        injected: 7_640_000_000,
        healed: 10_430_000_000,
        evidence: [{ target: 'b2', kill: { pid: 42, signal: 'SIGKILL' } }],
        recoveryMs: 2818.99,
        recovered: true,
        recoveryPartition: 5,
        lostMessages: 0,
      },
    ]);
  });

  it('tells when a store was away, and null where it did not come back', () => {
    expect(written(recordWith({ storeOutages: [outage, foreverAway] })).storeOutages).toEqual([
      {
        store: outage.store,
        from: 7_650_000_000,
        to: 9_964_000_000,
        seenBy: [
          { name: 'c1.1', from: 7_650_000_000, to: 9_964_000_000 },
          { name: 'c2.1', from: 7_700_000_000, to: null },
        ],
        ...{ calls: 2, connects: 41, tries: 0, faults: ['f1'] },
      },
      expect.objectContaining({ to: null, tries: 1, faults: [] }),
    ]);
  });

  it('has null for what did not happen to a fault', () => {
    const fault = {
      id: 'f1',
      do: 'kill',
      targets: ['b1'],
      missing: [],
      sides: 1,
      evidence: [],
      injected: false,
      healed: false,
    };
    const [never] = recordWith({ faults: [{ ...fault, error: 'no such target', lostMessages: 0 }] }).faults;
    expect(never).toEqual({
      id: 'f1',
      do: 'kill',
      target: ['b1'],
      missing: [],
      triggeredAt: null,
      injected: null,
      healed: null,
      evidence: [],
      error: 'no such target',
      lostMessages: 0,
    });
  });

  it('of somebody else’s records has no plan and no environment', () => {
    const record = recordOf(audit);
    expect(['seed', 'startedAt', 'profile', 'environment'].filter((key) => key in record)).toEqual([]);
    expect('seed' in recordOf(audit, undefined, environment)).toBe(false);
  });
});

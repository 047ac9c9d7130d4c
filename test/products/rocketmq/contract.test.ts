/** What RocketMQ's settings promise under which faults, and which settings go together. */
import { describe, expect, test } from 'vitest';
import type { FaultPlan } from '../../../src/plan/plan.ts';
import type { Undertaking } from '../../../src/plan/threats.ts';
import { adopt } from '../../../src/products/rocketmq/adopt.ts';
import { checkRocketmq } from '../../../src/products/rocketmq/check.ts';
import { idleSlaves, storage } from '../../../src/products/rocketmq/durability.ts';
import { rocketmqPlan, rocketmqPlanSchema, rocketmqSchema } from '../../../src/products/rocketmq/settings.ts';

type Keys = Readonly<Record<string, unknown>>;

const profile = (keys: Keys = {}) => rocketmqSchema.parse({ broker: 'rocketmq', ...keys });
const hit = (name: string, ...nodes: string[]): FaultPlan =>
  ({
    id: 'f1',
    do: name,
    target: { type: 'nodes', nodes },
    trigger: { type: 'progress', share: 0.5 },
  }) as unknown as FaultPlan;
const plan = (keys: Keys, faults: readonly FaultPlan[], acks: 'all' | 'one' = 'all'): Undertaking =>
  ({ cluster: rocketmqPlan(profile(keys)), producers: { acks }, faults }) as unknown as Undertaking;
const losesAcked = (keys: Keys, faults: readonly FaultPlan[], acks: 'all' | 'one' = 'all'): boolean =>
  storage(plan(keys, faults, acks), 'acked').loses;

describe('what was acknowledged', () => {
  const pair = { slaves: 1, replication: 'sync' };
  const sync = { ...pair, inSyncReplicas: 2 };

  test.each([['kill'], ['stop'], ['pause'], ['restart']])('a %s takes nothing', (name) => {
    expect(losesAcked({}, [hit(name, 'b1')])).toBe(false);
    expect(storage(plan({}, [hit(name, 'b1')]), 'shown').loses).toBe(false);
  });

  test('a lost disk takes what is nowhere else', () => {
    expect(losesAcked({}, [hit('disk-loss', 'b1')])).toBe(true);
    expect(losesAcked({ slaves: 1 }, [hit('disk-loss', 'b1')])).toBe(true);
    expect(losesAcked({ slaves: 1 }, [hit('disk-loss', 'b1s1')])).toBe(false);
  });

  test('a SYNC_MASTER keeps it with inSyncReplicas 2, and not with 1', () => {
    expect(losesAcked(pair, [hit('disk-loss', 'b1')])).toBe(true);
    expect(losesAcked(sync, [hit('disk-loss', 'b1')])).toBe(false);
    expect(losesAcked(sync, [hit('disk-loss', 'b1'), hit('kill', 'b1s1')])).toBe(false);
    expect(losesAcked(sync, [hit('disk-loss', 'b1'), hit('disk-loss', 'b1s1')])).toBe(true);
  });

  test('of two slaves the one that has it may be the one that is not asked', () => {
    expect(losesAcked({ ...sync, slaves: 2 }, [hit('disk-loss', 'b1')])).toBe(true);
    expect(losesAcked({ ...sync, slaves: 2, inSyncReplicas: 3 }, [hit('disk-loss', 'b1')])).toBe(false);
  });

  test('a send that waits for nothing has the promise of nothing', () => {
    expect(losesAcked(sync, [hit('disk-loss', 'b1')], 'one')).toBe(true);
  });

  test('a power cut takes what is not flushed', () => {
    expect(losesAcked({}, [hit('power-loss', 'b1')])).toBe(true);
    expect(losesAcked({ flush: 'sync' }, [hit('power-loss', 'b1')])).toBe(false);
    expect(losesAcked({ flush: 'sync' }, [hit('power-loss', 'b1')], 'one')).toBe(true);
  });

  test('an elected slave lacks what no send waited for', () => {
    const controlled = { ...pair, controller: true };
    expect(losesAcked(controlled, [hit('kill', 'b1')])).toBe(true);
    expect(losesAcked({ ...controlled, allAckInSyncStateSet: true }, [hit('kill', 'b1')])).toBe(false);
    expect(losesAcked({ ...controlled, allAckInSyncStateSet: true }, [hit('disk-loss', 'b1')])).toBe(true);
    expect(losesAcked({ ...controlled, inSyncReplicas: 2 }, [hit('kill', 'b1')])).toBe(false);
    const unclean = { ...controlled, allAckInSyncStateSet: true, electUnclean: true };
    expect(losesAcked(unclean, [hit('kill', 'b1')])).toBe(true);
    expect(losesAcked({ ...unclean, minInSyncReplicas: 2 }, [hit('kill', 'b1')])).toBe(false);
  });

  test('what is shown need not be copied', () => {
    expect(storage(plan(sync, [hit('disk-loss', 'b1')]), 'shown').loses).toBe(true);
  });
});

test('slaves that nobody waits for are idle', () => {
  expect(idleSlaves(plan({ slaves: 1 }, []))).toEqual(['b1s1']);
  expect(idleSlaves(plan({ slaves: 1, replication: 'sync' }, []))).toEqual(['b1s1']);
  expect(idleSlaves(plan({ slaves: 1, replication: 'sync', inSyncReplicas: 2 }, []))).toEqual([]);
  expect(idleSlaves(plan({ consumer: 'push' }, []))).toEqual(['proxy']);
});

describe('settings that do not go together', () => {
  const told = (keys: Keys): string[] => {
    const keysTold: string[] = [];
    checkRocketmq(
      profile(keys),
      (key) => key in keys,
      (key) => keysTold.push(key),
    );
    return keysTold;
  };

  test.each<[Keys, string[]]>([
    [{}, []],
    [{ slaves: 1, replication: 'sync', inSyncReplicas: 2 }, []],
    [{ replication: 'sync' }, ['replication']],
    [{ slaves: 1, inSyncReplicas: 2 }, ['inSyncReplicas']],
    [{ slaves: 1, replication: 'sync', inSyncReplicas: 3 }, ['inSyncReplicas']],
    [{ slaves: 1, replication: 'sync', minInSyncReplicas: 2 }, ['minInSyncReplicas']],
    [{ slaves: 1, replication: 'sync', allAckInSyncStateSet: true }, ['allAckInSyncStateSet']],
    [{ slaves: 1, replication: 'sync', controller: true, allAckInSyncStateSet: true, minInSyncReplicas: 2 }, []],
    [{ controller: true }, ['controller', 'controller']],
    [{ proxy: 'localhost:8081' }, ['proxy']],
    [{ attach: 'localhost:9876' }, []],
    [{ attach: 'localhost:9876', masters: 2 }, ['masters']],
    [{ attach: 'localhost:9876', consumer: 'push' }, ['consumer']],
    [{ attach: 'localhost:9876', consumer: 'push', proxy: 'localhost:8081' }, []],
  ])('%j: %j', (keys, expected) => {
    expect(told(keys)).toEqual(expected);
  });
});

test('a plan is read back as it was written', () => {
  for (const keys of [{}, { slaves: 1, replication: 'sync' }, { attach: 'localhost:9876' }]) {
    const made = rocketmqPlan(profile(keys));
    expect(rocketmqPlanSchema.parse(JSON.parse(JSON.stringify(made)))).toMatchObject(made);
  }
});

test('keys of other products’ profiles', () => {
  expect(adopt({ masters: 2, flush: 'sync', failover: 'none', flushInterval: '1s' })).toEqual({
    keys: { masters: 2, flush: 'sync' },
    refused: [],
  });
  expect(adopt({ nodes: 3 }).keys).toEqual({ masters: 3 });
  expect(adopt({ failover: 'in-sync' }).keys).toEqual({ controller: true, allAckInSyncStateSet: true });
  expect(adopt({ failover: 'unclean', defects: ['reorder'] }).refused).toEqual(['failover', 'defects']);
});

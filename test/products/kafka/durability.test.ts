/** What nodes of ours promise under which faults. */
import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../../src/plan/compile.ts';
import { contractOf } from '../../../src/plan/contract.ts';
import type { FaultPlan, Plan } from '../../../src/plan/plan.ts';
import { load, small } from '../../profile/written.ts';
import { kafkaPlanOf } from './own-cluster.ts';

interface Setting {
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly acks?: 'all' | 'one';
  readonly replication?: number;
}

const calm = compilePlan(load(small('', '{ broker: kafka, nodes: 3 }')), 1);

/** `kill k1,k2`, `disk-loss leader`, `kill c1`. */
function fault(text: string, index: number): FaultPlan {
  const [name = '', whom = ''] = text.split(' ');
  const target: FaultPlan['target'] =
    whom === 'leader'
      ? { type: 'leader', partition: 0 }
      : whom.startsWith('c')
        ? { type: 'workers', workers: [whom] }
        : { type: 'nodes', nodes: whom.split(',') };
  return { id: `f${index + 1}`, do: name as FaultPlan['do'], target, trigger: { type: 'progress', fraction: 0.5 } };
}

function planned({ cluster, acks = 'all', replication }: Setting, faults: readonly string[]): Plan {
  return {
    ...calm,
    cluster: kafkaPlanOf({ nodes: 3, ...cluster }),
    topic: { ...calm.topic, ...(replication === undefined ? {} : { replication }) },
    producers: { ...calm.producers, acks },
    faults: faults.map(fault),
  };
}

const losesOf = (setting: Setting, faults: readonly string[]) => {
  const { lost, 'rolled-back': rolledBack, skipped } = contractOf(planned(setting, faults));
  return [lost.allowed, rolledBack.allowed, skipped.allowed];
};
const never = [false, false, false];
const always = [true, true, true];

const alone = { cluster: { nodes: 1 } };
const three = {};
const one = { acks: 'one' } as const;
const weak = { cluster: { minInsyncReplicas: 1 } };
const unclean = { cluster: { uncleanElection: true } };
const synced = { cluster: { flush: 'every-message' } };

describe('lost, rolled back and skipped', () => {
  test.each([
    // what was written stays on the disks
    [alone, ['kill k1', 'stop k1', 'pause k1'], never],
    [three, ['kill k1,k2,k3', 'pause k1', 'stop leader'], never],
    [weak, ['kill k1', 'kill k2'], never],
    [{ replication: 1, ...one }, ['kill leader'], never],
    [three, ['kill c1'], never],
    [unclean, ['kill c1'], never],
    [one, [], never],
    // a disk
    [alone, ['disk-loss k1'], always],
    [three, ['disk-loss k1'], never],
    [three, ['disk-loss leader'], never],
    [three, ['disk-loss k1', 'disk-loss k1'], never],
    [weak, ['disk-loss k1'], always],
    [{ replication: 1 }, ['disk-loss k2'], always],
    [three, ['disk-loss k1,k2'], always],
    [three, ['disk-loss k1', 'kill k2'], always],
    [three, ['disk-loss k1', 'pause leader'], always],
    [three, ['disk-loss leader', 'disk-loss leader'], always],
    [{ cluster: { minInsyncReplicas: 3 } }, ['disk-loss k1', 'kill k2'], never],
    [{ cluster: { minInsyncReplicas: 3 } }, ['disk-loss k1', 'kill k2,k3'], always],
    // power
    [alone, ['power-loss k1'], always],
    [three, ['power-loss k1'], never],
    [three, ['power-loss k1,k2,k3'], always],
    [synced, ['power-loss k1,k2,k3'], never],
    [{ cluster: { nodes: 1, flush: 'every-message' } }, ['power-loss k1'], never],
    [synced, ['power-loss k1', 'disk-loss k2'], always],
    // elections
    [unclean, ['pause k1'], always],
    [{ ...unclean, replication: 1 }, ['kill k1'], never],
    // what only the leader had was not shown to anybody yet
    [one, ['kill k1'], [true, false, false]],
    [one, ['pause k2,k3'], [true, false, false]],
  ] as const)('%j under %j', (setting, faults, expected) => {
    expect(losesOf(setting, faults)).toEqual(expected);
  });

  test('a fault that is not known takes all', () => {
    expect(losesOf(alone, ['meteorite k1'])).toEqual(always);
  });
});

test('says which setting and which fault', () => {
  const lost = (setting: Setting, ...faults: string[]) => contractOf(planned(setting, faults)).lost.because;
  expect(lost(one, 'kill k1')).toBe(
    'acks one: a follower that leads after the kill of k1 (f1) may lack what the leader alone had',
  );
  expect(lost(unclean, 'kill k1')).toBe(
    'unclean election: after the kill of k1 (f1) a copy may lead that is not in sync',
  );
  expect(lost(alone, 'disk-loss k1')).toBe('gone with the loss of the disk of k1 (f1), the only copy');
  expect(lost(alone, 'power-loss k1')).toBe(
    'flush default: what the system had not written back goes with the power cut of k1 (f1), the only copy',
  );
  expect(lost(three, 'disk-loss k1')).toBe(
    '2 copies were in sync, and the loss of the disk of k1 (f1) can take one of them at most',
  );
  expect(lost(three, 'kill k1')).toBe(
    'the kill of k1 (f1): what was written stays on the disks, and only a copy in sync may lead',
  );
});

test('with idempotent true the client loses by itself, whatever the brokers promise', () => {
  const plan = planned(three, ['pause k1']);
  const { lost } = contractOf({ ...plan, producers: { ...plan.producers, idempotent: true } });
  expect(lost).toMatchObject({ allowed: true, because: expect.stringContaining('kafkajs') });
});

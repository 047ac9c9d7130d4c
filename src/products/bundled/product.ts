/** The broker that comes with mqchaos: the Kafka protocol, and the processes that serve it here. */
import { spell } from '../../profile/schema/units.ts';
import { foreignClient } from '../kafka/foreign-client.ts';
import { concurrentIdempotence, idempotentLoss, storesOnce } from '../kafka/kafkajs-trap.ts';
import { largestValueOf } from '../kafka/largest-value.ts';
import { kafkaFace } from '../kafka/wire/face.ts';
import type { Product } from '../product.ts';
import { checkBundled } from './check.ts';
import { durability } from './durability.ts';
import { largestBatchBytes, layout } from './layout.ts';
import { bundledNodes } from './nodes.ts';
import { type BundledCluster, type BundledPlan, bundledPlan, bundledPlanSchema, bundledSchema } from './settings.ts';
import { idleSlaves } from './threats.ts';

export const bundled: Product<BundledCluster, BundledPlan> = {
  name: 'bundled',
  alsoCalled: ['built-in', 'builtin', 'embedded', 'internal', 'mqchaos'],
  title: 'the bundled broker',
  summary: 'the broker that comes with mqchaos',
  format: { profile: bundledSchema, plan: bundledPlanSchema, compile: bundledPlan, check: checkBundled },
  can: {
    partitions: { usual: 8, most: 1024 },
    replication: false,
    acks: ['all', 'one'],
    oneway: true,
    idempotent: true,
    redelivery: 'copies',
    leaders: true,
    attached: [],
    recoveryMs: 10_000,
    largestValue: largestValueOf(largestBatchBytes, '--max-batch-bytes'),
  },
  nodes: bundledNodes,
  layout,
  describe: (cluster) => [
    `bundled broker, started for the run: ${bundledNodes(cluster)
      .map(({ id }) => id)
      .join(', ')}`,
    promises(cluster),
  ],
  warnings: ({ producers }) => concurrentIdempotence(producers),
  absent: (what, { slaves }) => {
    if (what === 'replication') return 'copies of the bundled broker are cluster.slaves; leave it out';
    if (slaves > 0 || what === 'peer-links') return undefined;
    if (what === 'promote') return 'needs a set with a slave; set cluster.slaves to 1 or more';
    return what === 'slave' ? 'there are no slaves here; set cluster.slaves to 1 or more' : undefined;
  },
  wire: kafkaFace,
  contract: {
    storage: ({ cluster, producers, faults }, what) => {
      const own = cluster as BundledPlan;
      return durability(own, faults, own.replication === 'sync' && (what === 'shown' || producers.acks === 'all'));
    },
    defects: (cluster) => (cluster as BundledPlan).defects,
    idle: ({ cluster, producers, faults }) => idleSlaves(cluster as BundledPlan, producers.acks, faults),
    clientLoses: idempotentLoss,
    storesOnce,
  },
  foreignClient,
  driver: async () => (await import('./driver.ts')).driver,
};

/** What its acknowledgement is worth. */
function promises(cluster: BundledPlan): string {
  const { flush, flushIntervalMs, replication, failover, inSyncReplicas, slaves, defects } = cluster;
  const synced = flush === 'sync' ? 'flush sync' : `flush async, every ${spell(flushIntervalMs)}`;
  const copied = inSyncReplicas === 1 ? replication : `${replication} with ${inSyncReplicas} copies in sync`;
  return [
    synced,
    ...(slaves === 0 ? [] : [`replication ${copied}`, `failover ${failover}`]),
    ...(defects.length === 0 ? [] : [`DEFECT ${defects.join(', ')}`]),
  ].join(', ');
}

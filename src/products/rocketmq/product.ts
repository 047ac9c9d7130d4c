/** Apache RocketMQ 5. */
import { processControls } from '../../cluster/controls.ts';
import { describeAttached } from '../attached-contract.ts';
import type { Product } from '../product.ts';
import { adopt } from './adopt.ts';
import { checkRocketmq } from './check.ts';
import { idleSlaves, storage, throughProxy } from './durability.ts';
import { layout } from './layout.ts';
import { rocketmqMeasures } from './measures.ts';
import { rocketmqNodes } from './nodes.ts';
import {
  type RocketmqCluster,
  type RocketmqPlan,
  rocketmqPlan,
  rocketmqPlanSchema,
  rocketmqSchema,
} from './settings.ts';
import { warnings } from './warnings.ts';

export const rocketmq: Product<RocketmqCluster, RocketmqPlan> = {
  name: 'rocketmq',
  alsoCalled: ['rocket', 'apache-rocketmq'],
  title: 'Apache RocketMQ',
  summary: 'Apache RocketMQ 5, started for the run or attached to',
  format: { profile: rocketmqSchema, plan: rocketmqPlanSchema, compile: rocketmqPlan, check: checkRocketmq },
  can: {
    partitions: { usual: 8, most: 256 },
    replication: false,
    acks: ['all', 'one'],
    oneway: true,
    idempotent: false,
    redelivery: 'broker',
    tries: 'deliveries',
    leaders: true,
    attached: processControls,
    recoveryMs: 60_000,
    largestValue: { bytes: 4 * 1024 * 1024, because: 'maxMessageSize 4MiB' },
  },
  nodes: rocketmqNodes,
  programs: ({ home }) => [
    {
      name: 'java',
      candidates: ['java'],
      version: { args: ['-version'], pattern: /version "(\d[\d.]*)/, least: '17' },
      install: 'install a Java runtime, 17 or newer (Debian: apt-get install openjdk-17-jre-headless)',
    },
    {
      name: 'rocketmq',
      candidates: ['libs', 'lib'],
      home: { ...(home === undefined ? {} : { given: home }), fetched: 'rocketmq' },
      install: 'mqchaos fetch rocketmq',
    },
  ],
  layout,
  describe: (cluster) =>
    cluster.attach === undefined
      ? [
          `RocketMQ, started for the run: ${rocketmqNodes(cluster)
            .map(({ id }) => id)
            .join(', ')}`,
          promises(cluster),
        ]
      : describeAttached('RocketMQ', cluster),
  warnings,
  absent: (what, { controller }) => {
    if (what === 'wipe') {
      return 'of a master with slaves cannot be healed on a volume, which its slave does not see; set controller to true, or leave volume out';
    }
    if (what === 'promote') {
      return controller
        ? 'nobody promotes here: the controller elects'
        : "nobody promotes here: a master is given its slave's copy when it starts without one, or set controller to true";
    }
    if (what === 'peer-links') {
      if (!controller) return undefined;
      return 'with a controller brokers copy over a port that is open at every address and that no link can stand before; leave controller out, or say from: clients, producers, consumers or a worker';
    }
    return what === 'slave' ? 'set cluster.slaves to 1 or more' : undefined;
  },
  adopt,
  canWith: ({ client }) =>
    client === 'remoting' ? undefined : { what: `cluster.client ${client}`, can: { acks: ['all'], oneway: false } },
  contract: { storage, idle: idleSlaves, unordered: throughProxy },
  measure: (name) => rocketmqMeasures[name],
  distribution: async () => (await import('./distribution.ts')).distribution,
  starter: { port: 9876, images: ['rocketmq'], packages: ['openjdk-17-jre-headless', 'maven'] },
  driver: async () => (await import('./driver.ts')).driver,
};

/** What its acknowledgement is worth. */
function promises(cluster: RocketmqPlan): string {
  const { flush, replication, slaves, inSyncReplicas, minInSyncReplicas, allAckInSyncStateSet, controller } = cluster;
  const copies = [
    ...(inSyncReplicas > 1 ? [`inSyncReplicas ${inSyncReplicas}`] : []),
    ...(minInSyncReplicas > 1 ? [`minInSyncReplicas ${minInSyncReplicas}`] : []),
    ...(allAckInSyncStateSet ? ['allAckInSyncStateSet'] : []),
  ];
  return [
    flush === 'sync' ? 'SYNC_FLUSH' : 'ASYNC_FLUSH',
    ...(slaves === 0 ? [] : [replication === 'sync' ? 'SYNC_MASTER' : 'ASYNC_MASTER', ...copies]),
    ...(controller ? [cluster.electUnclean ? 'controller with unclean election' : 'controller'] : []),
    ...(cluster.popBufferMerge ? ['enablePopBufferMerge'] : []),
    ...(cluster.client === 'remoting' ? [] : [`sends by ${cluster.client}`]),
  ].join(', ');
}

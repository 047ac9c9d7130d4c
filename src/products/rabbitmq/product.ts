/** RabbitMQ: nodes of one Erlang cluster, classic or quorum queues, AMQP 0-9-1. */

import { processControls } from '../../cluster/controls.ts';
import { counted } from '../../counted.ts';
import { describeAttached } from '../attached-contract.ts';
import type { Product, ProgramNeed } from '../product.ts';
import { adoptKeys } from './adopt.ts';
import { checkRabbitmq } from './check.ts';
import { durability } from './durability.ts';
import { layout } from './layout.ts';
import { measureOf } from './measures.ts';
import { rabbitmqNodes } from './nodes.ts';
import {
  type RabbitmqCluster,
  type RabbitmqPlan,
  rabbitmqPlan,
  rabbitmqPlanSchema,
  rabbitmqSchema,
} from './settings.ts';
import { amqpFace } from './wire/face.ts';

export const rabbitmq: Product<RabbitmqCluster, RabbitmqPlan> = {
  name: 'rabbitmq',
  alsoCalled: ['rabbit', 'amqp', 'rabbitmq-server'],
  title: 'RabbitMQ',
  summary: 'RabbitMQ, classic and quorum queues',
  format: { profile: rabbitmqSchema, plan: rabbitmqPlanSchema, compile: rabbitmqPlan, check: checkRabbitmq },
  can: {
    replication: false,
    acks: ['all'],
    oneway: true,
    idempotent: false,
    redelivery: 'broker',
    tries: 'failures',
    leaders: false,
    attached: processControls,
    recoveryMs: 60_000,
    // 128 MiB before 4.0
    largestValue: { bytes: 16 * 1024 * 1024, because: 'max_message_size 16MiB' },
  },
  nodes: (cluster) => (cluster.attach === undefined ? rabbitmqNodes(cluster) : []),
  programs: ({ home }) => programs(home),
  layout,
  describe: (cluster) => [
    ...(cluster.attach === undefined
      ? [`RabbitMQ, started for the run: ${names(cluster)}`]
      : describeAttached('rabbitmq', cluster)),
    promises(cluster),
  ],
  warnings: ({ cluster, consumers }) => warnings(cluster as RabbitmqPlan, consumers.groups),
  absent: (what, { nodes }) => {
    if (what === 'replication') return 'a quorum queue has a copy on each node: set cluster.nodes; leave it out';
    if (what === 'slave') return "nodes of RabbitMQ are equal; name a node, or use 'one'";
    if (what === 'promote') return 'means nothing here: quorum queues elect, and a classic queue is on one node';
    if (what === 'wipe' && nodes === 2) {
      return 'of a quorum queue on 2 nodes cannot be healed: both are its majority; set cluster.nodes to 3, or queue to classic';
    }
    return undefined;
  },
  wire: amqpFace,
  contract: {
    storage: (plan, what) => durability(plan, what),
  },
  measure: measureOf,
  adopt: adoptKeys,
  starter: {
    port: 5672,
    images: ['rabbitmq'],
    packages: ['rabbitmq-server'],
    keys: (host, port = (usual) => usual) => ({ management: `http://${host}:${port(15672)}` }), // without it no drain is proven
  },
  driver: async () => (await import('./driver.ts')).driver,
};

/** Never asked for its version: `rabbitmq-server --version` starts a broker. The version comes from its greeting. */
function programs(home: string | undefined): readonly ProgramNeed[] {
  const install = 'apt-get install rabbitmq-server, or cluster.home: the folder of an unpacked one (and Erlang)';
  const installed = [
    // the one in /usr/sbin changes to another user, who may not write here
    '/usr/lib/rabbitmq/bin/rabbitmq-server',
    '/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server',
    '/usr/local/opt/rabbitmq/sbin/rabbitmq-server',
    '/opt/rabbitmq/sbin/rabbitmq-server',
  ];
  return [
    {
      name: 'rabbitmq-server',
      candidates: home === undefined ? installed : ['sbin/rabbitmq-server', 'bin/rabbitmq-server'],
      ...(home === undefined ? {} : { home: { given: home } }),
      install,
    },
    {
      name: 'epmd',
      candidates: ['epmd', '/usr/lib/erlang/bin/epmd', '/usr/local/lib/erlang/bin/epmd'],
      install: 'apt-get install erlang-base',
    },
  ];
}

function warnings({ queue, nodes, mandatory, attach, management }: RabbitmqPlan, groups: number): string[] {
  return [
    ...(queue === 'quorum' && nodes === 2
      ? ['of a quorum queue on 2 nodes both are the majority: it stops when either of them is away']
      : []),
    ...(mandatory ? [] : ['nothing is mandatory: what is sent while no queue takes it is acknowledged and forgotten']),
    ...(groups > 1 && queue === 'quorum'
      ? ['with several groups a nack proves nothing: one queue may have refused what another has taken']
      : []),
    ...(attach !== undefined && management === undefined
      ? ['without cluster.management no drain is proven, and the run stays inconclusive']
      : []),
  ];
}

function names(cluster: RabbitmqPlan): string {
  return rabbitmqNodes(cluster)
    .map(({ id }) => id)
    .join(', ');
}

/** What its acknowledgement is worth. */
function promises(cluster: RabbitmqPlan): string {
  const { queue, durable, persistent, mandatory, maxLength, overflow = 'drop-head', nodes } = cluster;
  return [
    queue === 'quorum'
      ? `quorum queues${nodes === undefined ? '' : `, ${counted(nodes, 'copy', 'copies')}`}`
      : 'classic queues, one copy',
    ...(queue === 'quorum' ? [] : [durable ? 'durable' : 'not durable', persistent ? 'persistent' : 'transient']),
    mandatory ? 'mandatory' : 'not mandatory',
    ...(maxLength === undefined ? [] : [`at most ${counted(maxLength, 'message')}, then ${overflow}`]),
  ].join(', ');
}

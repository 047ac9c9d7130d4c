/** RabbitMQ's own keys under `cluster`: what kind of queue, how clients use it, and how many nodes. */
import { z } from 'zod';
import { map } from '../../profile/schema/map.ts';
import { choice, duration, flag, text, whole } from '../../profile/schema/units.ts';
import { addresses, allowRemote, attachedPlan, control, loginSchema, tls } from '../attached.ts';

const mostNodes = 7;
/** The broker takes 16 bits. */
const mostPrefetch = 65_535;

export const rabbitmqSchema = map({
  broker: z
    .literal('rabbitmq')
    .describe('rabbitmq: RabbitMQ, started for the run, or, with `attach`, brokers that are there already.'),
  nodes: whole(1, mostNodes)
    .prefault(1)
    .describe('Nodes rabbit1, rabbit2 and so on of one cluster; epmd is the port mapper that they find each other by.'),
  home: text('expected a folder')
    .exactOptional()
    .describe('Folder of an unpacked RabbitMQ, with sbin/rabbitmq-server. Default: the one that is installed.'),
  queue: choice(['classic', 'quorum'])
    .exactOptional()
    .describe(
      'classic: a queue lives on one node. quorum: it is replicated by Raft on all nodes. ' +
        'Default: quorum with several nodes or attached, else classic.',
    ),
  durable: flag()
    .prefault(true)
    .describe('Queues and exchanges outlive a restart of their node; false: gone with it. Quorum queues always are.'),
  persistent: flag()
    .prefault(true)
    .describe('Messages are sent as persistent. false: transient, gone with a restart from a classic queue.'),
  mandatory: flag()
    .prefault(true)
    .describe(
      'A message that no queue takes is returned, and counts as rejected. false: it is acknowledged and forgotten.',
    ),
  prefetch: whole(1, mostPrefetch)
    .prefault(100)
    .describe('Messages that a consumer may hold unsettled, with `consumers.commit: after`.'),
  maxLength: whole(1, 100_000_000)
    .exactOptional()
    .describe('Longest that each queue may get, in messages. Default: no bound.'),
  overflow: choice(['drop-head', 'reject-publish'])
    .exactOptional()
    .describe(
      'What a full queue does. drop-head: it drops its oldest message, acknowledged or not. reject-publish: it ' +
        "refuses the new one. Default: drop-head, as RabbitMQ's own.",
    ),
  deadLetter: choice(['at-most-once', 'at-least-once'])
    .prefault('at-most-once')
    .describe(
      'How a message gets from a queue to where it waits for its next try. at-most-once: sent there and removed at ' +
        'once. at-least-once: removed when it has arrived; only quorum queues, with reject-publish.',
    ),
  partitionHandling: choice(['ignore', 'pause_minority', 'autoheal'])
    .prefault('ignore')
    .describe('What nodes do that cannot see each other: `cluster_partition_handling`.'),
  tickTime: duration(4_000, 3_600_000)
    .prefault('60s')
    .describe('How long a node must be silent before the others take it for gone: `net_ticktime`, in whole seconds.'),
  attach: addresses()
    .exactOptional()
    .describe('Addresses of brokers that are there already, host:port, as a list or in one text with commas.'),
  control: control(),
  tls: tls(),
  login: loginSchema.exactOptional().describe('Log in to the brokers. Default: guest, from this machine.'),
  vhost: text('expected the name of a virtual host').prefault('/').describe('Virtual host of an attached cluster.'),
  management: text('expected an address such as http://localhost:15672', /^https?:\/\/[^\s/@]+(\/\S*)?$/)
    .exactOptional()
    .describe(
      'Where the management plugin of an attached cluster answers, with the same login: only it can tell that a queue ' +
        'holds nothing unsettled, so without it no drain is proven.',
    ),
  allowRemote: allowRemote(),
});

export type RabbitmqCluster = z.output<typeof rabbitmqSchema>;

const { shape } = rabbitmqSchema;

export const rabbitmqPlanSchema = z.strictObject({
  broker: z.literal('rabbitmq'),
  /** Absent: attached. */
  nodes: z.int().min(1).max(mostNodes).exactOptional(),
  home: z.string().min(1).exactOptional(),
  queue: z.enum(['classic', 'quorum']),
  durable: z.boolean(),
  persistent: z.boolean(),
  mandatory: z.boolean(),
  prefetch: z.int().min(1).max(mostPrefetch),
  maxLength: z.int().min(1).exactOptional(),
  /** Absent: as the broker has it, drop-head. */
  overflow: z.enum(['drop-head', 'reject-publish']).exactOptional(),
  deadLetter: z.enum(['at-most-once', 'at-least-once']),
  partitionHandling: z.enum(['ignore', 'pause_minority', 'autoheal']).exactOptional(),
  tickMs: z.int().min(4_000).exactOptional(),
  attach: attachedPlan.attach.exactOptional(),
  control: attachedPlan.control.exactOptional(),
  tls: attachedPlan.tls,
  login: attachedPlan.login,
  vhost: z.string().min(1).exactOptional(),
  management: shape.management,
  allowRemote: attachedPlan.allowRemote,
});

export type RabbitmqPlan = z.output<typeof rabbitmqPlanSchema>;

export function rabbitmqPlan(cluster: RabbitmqCluster): RabbitmqPlan {
  const { attach, nodes, home, partitionHandling, tickTime, control: controls, vhost, ...rest } = cluster;
  const { allowRemote: remote, tls: secured, login, management, queue, deadLetter, overflow, ...usual } = rest;
  return {
    ...usual,
    queue: queue ?? usualQueue(cluster),
    deadLetter,
    ...overflowOf(deadLetter, overflow),
    ...(attach === undefined
      ? { nodes, partitionHandling, tickMs: tickTime, ...(home === undefined ? {} : { home }) }
      : {
          attach,
          control: controls,
          vhost,
          ...(secured === undefined ? {} : { tls: secured }),
          ...(login === undefined ? {} : { login }),
          ...(management === undefined ? {} : { management }),
          ...(remote && { allowRemote: remote }),
        }),
  };
}

export function usualQueue({ attach, nodes }: Pick<RabbitmqCluster, 'attach' | 'nodes'>): 'classic' | 'quorum' {
  return attach === undefined && nodes === 1 ? 'classic' : 'quorum';
}

/** With any other overflow the broker falls back to at-most-once, and says so in its log alone. */
function overflowOf(
  deadLetter: RabbitmqCluster['deadLetter'],
  overflow: RabbitmqCluster['overflow'],
): Pick<RabbitmqPlan, 'overflow'> {
  if (overflow !== undefined) return { overflow };
  return deadLetter === 'at-least-once' ? { overflow: 'reject-publish' } : {};
}

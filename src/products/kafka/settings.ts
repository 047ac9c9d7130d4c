/**
 * Kafka's own keys under `cluster`. With `attach` they say how to reach brokers that are there already; without it, what
 * the brokers are like that the run starts. check.ts says which keys do not go together.
 */
import { z } from 'zod';
import { map } from '../../profile/schema/map.ts';
import { choice, duration, flag, leaf, longestMs, text, whole } from '../../profile/schema/units.ts';
import { addresses, allowRemote, attachedPlan, control, saslSchema, tls } from '../attached.ts';
import type { ClusterPlan } from '../cluster.ts';

const mostNodes = 9;
const leastHeapMiB = 128;
const mostHeapMiB = 65_536;

export const kafkaSchema = map({
  broker: z
    .literal('kafka')
    .describe('kafka: Apache Kafka 4, started for the run; with `attach` any cluster that speaks its protocol.'),
  nodes: whole(1, mostNodes)
    .prefault(1)
    .describe('Nodes k1, k2 and so on that the run starts, each broker and KRaft controller at once.'),
  replicationFactor: whole(1, mostNodes)
    .exactOptional()
    .describe('Copies of each partition, also of what groups commit. Default: 3, or one on each node of fewer.'),
  minInsyncReplicas: whole(1, mostNodes)
    .exactOptional()
    .describe(
      'Copies, the leader included, without which a write with acks all is refused. Default: 2 of 3 or more copies, else 1.',
    ),
  flush: choice(['default', 'every-message'])
    .prefault('default')
    .describe(
      'When a write is synced. default: when the system writes back. every-message: before it is acknowledged.',
    ),
  uncleanElection: flag()
    .prefault(false)
    .describe('Whether a copy that is not in sync may lead where no other is left, and what it lacks is given up.'),
  sessionTimeout: duration(1_000, 60_000)
    .prefault('2s')
    .describe("After how long a silent node is taken for dead. Kafka's own default is 9s."),
  heap: heap().prefault('512MiB').describe('Java heap of each node.'),
  home: text('expected a path')
    .exactOptional()
    .describe('Folder of an unpacked Kafka 4, with its jars in `libs`. Default: the one of `mqchaos fetch kafka`.'),
  attach: addresses()
    .exactOptional()
    .describe('Addresses of a cluster that is there already, host:port, as a list or in one text with commas.'),
  control: control(),
  tls: tls(),
  sasl: saslSchema.exactOptional().describe('Log in to the cluster.'),
  allowRemote: allowRemote(),
});

export type KafkaCluster = z.output<typeof kafkaSchema>;

/** Either what it takes to attach, as in plans of before there was anything else, or every choice about nodes of ours. */
export const kafkaPlanSchema = z
  .strictObject({
    broker: z.literal('kafka'),
    attach: attachedPlan.attach.exactOptional(),
    control: attachedPlan.control.exactOptional(),
    tls: attachedPlan.tls,
    sasl: attachedPlan.sasl,
    allowRemote: attachedPlan.allowRemote,
    nodes: z.int().min(1).max(mostNodes).exactOptional(),
    replicationFactor: z.int().min(1).max(mostNodes).exactOptional(),
    minInsyncReplicas: z.int().min(1).max(mostNodes).exactOptional(),
    flush: z.enum(['default', 'every-message']).exactOptional(),
    uncleanElection: z.boolean().exactOptional(),
    sessionTimeoutMs: z.int().min(1).max(longestMs).exactOptional(),
    heapMiB: z.int().min(leastHeapMiB).max(mostHeapMiB).exactOptional(),
    home: z.string().min(1).exactOptional(),
  })
  .refine((plan) => plan.attach !== undefined || managedKeys.every((key) => plan[key] !== undefined), {
    error: 'neither attached nor complete',
  });

export type KafkaPlan = z.output<typeof kafkaPlanSchema>;

const managedKeys = [
  'nodes',
  'replicationFactor',
  'minInsyncReplicas',
  'flush',
  'uncleanElection',
  'sessionTimeoutMs',
  'heapMiB',
] as const;

/** A cluster that the run starts. */
export type ManagedKafka = Required<Pick<KafkaPlan, (typeof managedKeys)[number]>> &
  Pick<KafkaPlan, 'broker' | 'home'> &
  Pick<ClusterPlan, 'volume'>;

/** Undefined: it is attached to. */
export function managed(plan: KafkaPlan): ManagedKafka | undefined {
  return plan.attach === undefined ? (plan as ManagedKafka) : undefined;
}

export function kafkaPlan(cluster: KafkaCluster): KafkaPlan {
  const { broker, attach, control: controls, tls: secured, sasl, allowRemote: remote } = cluster;
  if (attach !== undefined) {
    return {
      broker,
      attach,
      control: controls,
      ...(secured === undefined ? {} : { tls: secured }),
      ...(sasl === undefined ? {} : { sasl }),
      ...(remote && { allowRemote: remote }),
    };
  }
  const { nodes, flush, uncleanElection, sessionTimeout: sessionTimeoutMs, heap: heapMiB, home } = cluster;
  return {
    ...{ broker, nodes, ...copiesOf(cluster), flush, uncleanElection, sessionTimeoutMs, heapMiB },
    ...(home === undefined ? {} : { home }),
  };
}

/** Copies of each partition, and how many of them must be in sync, where the profile leaves it to us. */
export function copiesOf({ nodes, replicationFactor, minInsyncReplicas }: KafkaCluster) {
  const copies = replicationFactor ?? Math.min(3, nodes);
  return { replicationFactor: copies, minInsyncReplicas: minInsyncReplicas ?? (copies >= 3 ? 2 : 1) };
}

/** Mebibytes of `512MiB`, `2GiB`. */
function heap() {
  return leaf(/^\d+(MiB|GiB)$/, 'expected a size from 128MiB to 64GiB, such as 512MiB or 2GiB', (written) => {
    const mebibytes = Number.parseInt(written, 10) * (written.endsWith('GiB') ? 1024 : 1);
    return mebibytes >= leastHeapMiB && mebibytes <= mostHeapMiB ? mebibytes : undefined;
  });
}

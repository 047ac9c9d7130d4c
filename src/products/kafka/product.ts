/** Apache Kafka, started for the run, or whatever else speaks its protocol, attached. */
import { processControls } from '../../cluster/controls.ts';
import type { Durability } from '../../plan/clause.ts';
import { faultWords, onBrokers, type Undertaking } from '../../plan/threats.ts';
import { spell } from '../../profile/schema/units.ts';
import { describeAttached, unknownStorage } from '../attached-contract.ts';
import type { Product } from '../product.ts';
import { adoptKafka } from './adopt.ts';
import { checkKafka } from './check.ts';
import { durability } from './durability.ts';
import { foreignClient } from './foreign-client.ts';
import { concurrentIdempotence, idempotentLoss, storesOnce } from './kafkajs-trap.ts';
import { largestValueOf } from './largest-value.ts';
import { layout } from './layout.ts';
import { kafkaMeasure } from './measures.ts';
import { kafkaNodes } from './nodes.ts';
import { kafkaPrograms } from './programs.ts';
import { type KafkaCluster, type KafkaPlan, kafkaPlan, kafkaPlanSchema, kafkaSchema, managed } from './settings.ts';
import { kafkaFace } from './wire/face.ts';

export const kafka: Product<KafkaCluster, KafkaPlan> = {
  name: 'kafka',
  alsoCalled: ['apache-kafka'],
  title: 'Apache Kafka',
  summary: 'Apache Kafka 4, and what speaks its protocol',
  format: { profile: kafkaSchema, plan: kafkaPlanSchema, compile: kafkaPlan, check: checkKafka },
  can: {
    partitions: { usual: 8, most: 1024 },
    replication: true,
    acks: ['all', 'one'],
    oneway: true,
    idempotent: true,
    redelivery: 'copies',
    leaders: true,
    attached: processControls,
    recoveryMs: 40_000,
    leastSessionTimeoutMs: 6000,
    // DEFAULT_MAX_MESSAGE_BYTES (ServerLogConfigs): 1 MiB and the header of records of before
    largestValue: largestValueOf(1_048_588, 'message.max.bytes'),
  },
  nodes: ({ nodes = 1 }) => kafkaNodes(nodes),
  programs: kafkaPrograms,
  layout,
  describe,
  warnings: (plan) => [...concurrentIdempotence(plan.producers), ...weakCopies(plan)],
  absent: (what) => absences[what],
  wire: kafkaFace,
  contract: { storage, clientLoses: idempotentLoss, storesOnce },
  measure: kafkaMeasure,
  adopt: adoptKafka,
  foreignClient,
  distribution: async () => (await import('./distribution.ts')).distribution,
  starter: {
    port: 9092,
    images: ['kafka', 'kafka-native', 'cp-kafka', 'cp-server', 'redpanda'],
    packages: ['openjdk-17-jre-headless', 'maven'],
  },
  driver: async () => (await import('./driver.ts')).driver,
};

/** Each completes `power-loss …` where it is a control. */
const absences: Readonly<Partial<Record<string, string>>> = {
  promote: "is not done to Kafka: it elects by itself; kill the leader instead ('leader of 0')",
  slave: "a Kafka's nodes are equals, each leads some partitions; name one, or use 'one' or 'leader of 0'",
};

function describe(cluster: KafkaPlan): string[] {
  const own = managed(cluster);
  if (own === undefined) return describeAttached('kafka', cluster);
  const { nodes, replicationFactor, minInsyncReplicas, flush, uncleanElection, sessionTimeoutMs } = own;
  const names = kafkaNodes(nodes).map(({ id }) => id);
  return [
    `Apache Kafka, started for the run: ${names.join(', ')}`,
    [
      `replication factor ${replicationFactor}, min.insync.replicas ${minInsyncReplicas}`,
      flush === 'default' ? 'flush when the system writes back' : 'flush every message',
      `unclean election ${uncleanElection ? 'ON' : 'off'}, session timeout ${spell(sessionTimeoutMs)}`,
    ].join(', '),
  ];
}

/** Copies that an acknowledgement does not wait for. */
function weakCopies({ cluster, topic, producers }: Undertaking): string[] {
  const own = managed(cluster as KafkaPlan);
  if (own === undefined || producers.send === 'oneway' || producers.acks !== 'all') return [];
  const replication = topic.replication ?? own.replicationFactor;
  if (replication === 1 || own.minInsyncReplicas > 1) return [];
  return [
    `acks all with minInsyncReplicas 1: when the other copies are out of sync, an acknowledgement stands for one of ${replication}`,
  ];
}

function storage(plan: Undertaking, what: 'acked' | 'shown'): Durability {
  const own = managed(plan.cluster as KafkaPlan);
  if (own !== undefined) return durability(own, plan, what);
  return what === 'acked' ? storageOfLeader(plan) : unknownStorage;
}

/** Of an attached cluster: with acks one a client is content with the leader, and the next one need not have what that one had. */
function storageOfLeader({ topic, producers, faults }: Undertaking): Durability {
  const hit = onBrokers(faults);
  if (producers.acks !== 'one' || topic.replication === 1 || hit.length === 0) return unknownStorage;
  return {
    loses: true,
    because: `acks one: a follower that leads after ${faultWords(hit)} may lack what the leader alone had`,
  };
}

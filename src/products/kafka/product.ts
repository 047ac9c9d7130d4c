/** Apache Kafka, and whatever else speaks its protocol. */
import { processControls } from '../../cluster/controls.ts';
import type { Durability } from '../../plan/clause.ts';
import { faultWords, onBrokers, type Undertaking } from '../../plan/threats.ts';
import { describeAttached, unknownStorage } from '../attached-contract.ts';
import type { Product } from '../product.ts';
import { concurrentIdempotence, idempotentLoss } from './kafkajs-trap.ts';
import { kafkaMeasures } from './measures.ts';
import { type KafkaCluster, type KafkaPlan, kafkaPlan, kafkaPlanSchema, kafkaSchema } from './settings.ts';

export const kafka: Product<KafkaCluster, KafkaPlan> = {
  name: 'kafka',
  title: 'Apache Kafka',
  summary: 'Apache Kafka and what speaks its protocol',
  format: { profile: kafkaSchema, plan: kafkaPlanSchema, compile: kafkaPlan },
  can: {
    partitions: { usual: 8, most: 1024 },
    replication: true,
    acks: ['all', 'one'],
    oneway: true,
    idempotent: true,
    degraded: ['NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
    redelivery: 'copies',
    leaders: true,
    attached: processControls,
    leastSessionTimeoutMs: 6000,
  },
  nodes: () => [],
  describe: (cluster) => describeAttached('kafka', cluster),
  warnings: ({ producers }) => concurrentIdempotence(producers),
  contract: {
    storage: (plan, what) => (what === 'acked' ? storageOfLeader(plan) : unknownStorage),
    clientLoses: idempotentLoss,
  },
  measure: (name, attached) => (attached ? kafkaMeasures[name] : undefined),
  driver: async () => (await import('./driver.ts')).driver,
};

/** With acks one a client is content with the leader, and the next one need not have what that one had: an election is enough. */
function storageOfLeader({ topic, producers, faults }: Undertaking): Durability {
  const hit = onBrokers(faults);
  if (producers.acks !== 'one' || topic.replication === 1 || hit.length === 0) return unknownStorage;
  return {
    loses: true,
    because: `acks one: a follower that leads after ${faultWords(hit)} may lack what the leader alone had`,
  };
}

/** Where the bundled broker answers otherwise than Kafka, on purpose, and why. The first that fits a client and a step holds. */
import type { Answer } from './conversation.ts';

export interface Difference {
  readonly step: string;
  /** Of the clients that see it; without it all that can do the step. */
  readonly clients?: readonly string[];
  readonly why: string;
  /** What the client makes of the bundled broker's answer. */
  readonly ours: Answer;
}

const noTransactions = 'There are no transactions: refused at once, by the error that clients take for final.';
const classicOnly = 'Groups are of the classic protocol: there is no ConsumerGroupHeartbeat (KIP-848).';

export const differences: readonly Difference[] = [
  {
    step: 'begin a transaction',
    clients: ['kafkajs'],
    why: `${noTransactions} kafkajs has a name of its own for it.`,
    ours: { error: 'KafkaJSGroupCoordinatorNotFound' },
  },
  {
    step: 'begin a transaction',
    clients: ['kcat'],
    why: noTransactions,
    ours: { error: 'Broker: Transactional Id authorization failed' },
  },
  {
    step: 'begin a transaction',
    why: noTransactions,
    ours: { error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' },
  },
  {
    step: 'count words exactly once',
    why: noTransactions,
    ours: { error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' },
  },
  {
    step: 'consume with the consumer protocol',
    clients: ['confluent-kafka-python'],
    why: `${classicOnly} librdkafka reads nothing then, and says so in its log alone.`,
    ours: { is: [] },
  },
  {
    step: 'consume with the consumer protocol',
    clients: ['@platformatic/kafka'],
    why: classicOnly,
    ours: { error: 'PLT_KFK_UNSUPPORTED_API' },
  },
  {
    step: 'consume with the consumer protocol',
    why: classicOnly,
    ours: { error: 'UNSUPPORTED_VERSION' },
  },
];

/** Where the bundled broker answers otherwise than Kafka, on purpose or for good reason, whichever client asks. */
import type { Answer } from './conversation.ts';
import type { SubjectName } from './brokers.ts';

export interface Difference {
  readonly step: string;
  /** Of the clients that see it; without it all that can do the step. */
  readonly clients?: readonly string[  {
    step: 'consume with the consumer protocol',
    clients: ['confluent-kafka-python'],
    why: 'There is no ConsumerGroupHeartbeat (KIP-848): librdkafka reads nothing then, and says so in its log alone.',
    ours: { is: [] },
  },
  {
    step: 'consume with the consumer protocol',
    why: 'There is no ConsumerGroupHeartbeat (KIP-848).',
    ours: { error: 'UNSUPPORTED_VERSION' },
  },
];
  readonly on?: readonly SubjectName[  {
    step: 'consume with the consumer protocol',
    clients: ['confluent-kafka-python'],
    why: 'There is no ConsumerGroupHeartbeat (KIP-848): librdkafka reads nothing then, and says so in its log alone.',
    ours: { is: [] },
  },
  {
    step: 'consume with the consumer protocol',
    why: 'There is no ConsumerGroupHeartbeat (KIP-848).',
    ours: { error: 'UNSUPPORTED_VERSION' },
  },
];
  readonly why: string;
  /** What the bundled broker answers: an error's name, or any answer with `is`. */
  readonly ours: Answer;
}

export const differences: readonly Difference[] = [
  {
    step: 'begin a transaction',
    clients: ['kafkajs'],
    why: 'As below; kafkajs has a name of its own for it.',
    ours: { error: 'KafkaJSGroupCoordinatorNotFound' },
  },
  {
    step: 'begin a transaction',
    why: 'There are no transactions: refused at once, by the error that clients take for final.',
    ours: { error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' },
  },
  {
    step: 'consume with the consumer protocol',
    clients: ['confluent-kafka-python'],
    why: 'There is no ConsumerGroupHeartbeat (KIP-848): librdkafka reads nothing then, and says so in its log alone.',
    ours: { is: [] },
  },
  {
    step: 'consume with the consumer protocol',
    why: 'There is no ConsumerGroupHeartbeat (KIP-848).',
    ours: { error: 'UNSUPPORTED_VERSION' },
  },
];

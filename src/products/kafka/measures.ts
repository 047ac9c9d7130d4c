/** The measures of the matrix as they are shown on Kafka: on a cluster that is there already, and on nodes of ours. */
import type { MeasureHere } from '../measure.ts';

export function kafkaMeasure(name: string, isAttached: boolean): MeasureHere | undefined {
  return (isAttached ? attached : own)[name];
}

const flushMissing =
  'what a broker wrote before a kill -9 is in the page cache of its machine, flushed or not: only a power cut takes it, and that is done to brokers of our own alone';

/** Their nodes are called b1, b2, b3, as those of the bundled broker. */
const attached: Readonly<Record<string, MeasureHere>> = {
  'idempotent-producer': {
    missing: 'answers are lost by links before nodes of our own; before others there is `mqchaos link`',
  },
  retry: { brokers: 2, fault: 'kill -9 of one of several brokers, and back' },
  // their number is what it is: what is switched is how many of them have partitions of the topic
  'several-masters': {
    title: 'partitions on several brokers',
    profiles: [
      ['on', 'kafka-several-brokers'],
      ['off', 'kafka-several-brokers-off'],
    ],
    brokers: 2,
    fault: 'the broker of a partition down for longer than the whole retry budget',
  },
  'sync-flush': { missing: flushMissing },
  // a leader that comes back cuts off what its successor lacks: no disk need be lost
  'sync-replication': {
    title: 'acks=all',
    profiles: [
      ['on', 'kafka-acks-all'],
      ['off', 'kafka-acks-all-off'],
    ],
    brokers: 3,
    fault: 'followers paused, their leader killed with kill -9, and back',
  },
};

/** The pairs that everybody has, with a node for each master, three at least; what differs is said. */
const own: Readonly<Record<string, MeasureHere>> = {
  retry: { fault: 'kill -9 of one of three brokers, and back' },
  'several-masters': {
    title: 'several brokers',
    fault: 'one broker down for longer than the whole retry budget',
  },
  'sync-flush': {
    title: 'flush.messages=1',
    profiles: [
      ['on', 'kafka-flush'],
      ['off', 'kafka-flush-off'],
    ],
    fault: 'power cut of the only node',
  },
  'sync-replication': {
    title: 'acks=all',
    profiles: [
      ['on', 'kafka-replication'],
      ['off', 'kafka-replication-off'],
    ],
    fault: 'followers paused, their leader killed with kill -9, and back',
  },
};

/** The measures of the matrix as they are shown on RocketMQ. */
import type { MeasureHere } from '../measure.ts';

export const rocketmqMeasures: Readonly<Record<string, MeasureHere>> = {
  'idempotent-producer': { missing: 'its brokers know no message again: who consumes it has to' },
  'sync-flush': {
    title: 'SYNC_FLUSH',
    profiles: [
      ['on', 'rocketmq-flush'],
      ['off', 'rocketmq-flush-off'],
    ],
    fault: 'power cut of the only master',
  },
  // nobody is promoted: an operator gives the master its slave's copy, or a controller elects
  'sync-replication': {
    title: 'synchronous replication (inSyncReplicas 2)',
    profiles: [
      ['on', 'rocketmq-in-sync-replicas'],
      ['off', 'rocketmq-in-sync-replicas-off'],
    ],
    fault: "slave paused, the master's disk lost, and restored from the slave",
  },
};

/** The measures of the matrix as they are shown on RocketMQ. */
import type { MeasureHere } from '../measure.ts';

export const rocketmqMeasures: Readonly<Record<string, MeasureHere>> = {
  'idempotent-producer': { missing: 'its brokers know no message again: who consumes it has to' },
  'sync-flush': {
    missing:
      'what a broker wrote before a kill is in the page cache, synced or not: it needs a power cut, which needs lossy disks for this product',
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

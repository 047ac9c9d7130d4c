/** The measures of the matrix as they are shown on Redis. */
import type { MeasureHere } from '../measure.ts';

export const redisMeasures: Readonly<Record<string, MeasureHere>> = {
  'idempotent-producer': { missing: 'XADD appends whatever it is told: who consumes it has to know a message again' },
  retry: {
    fault: 'kill -9 of the primary, and back',
    profiles: [
      ['on', 'redis-retry'],
      ['off', 'redis-retry-off'],
    ],
  },
  'several-masters': {
    missing: 'streams are all on one primary: several need Redis Cluster, which is not started here',
  },
  'sync-flush': {
    title: 'appendfsync always',
    fault: 'power cut of the primary',
    profiles: [
      ['on', 'redis-flush'],
      ['off', 'redis-flush-off'],
    ],
  },
  'sync-replication': {
    title: 'WAIT for a replica',
    fault: "replica away for a moment, the primary's disk lost, the replica promoted",
    profiles: [
      ['on', 'redis-wait'],
      ['off', 'redis-wait-off'],
    ],
  },
};

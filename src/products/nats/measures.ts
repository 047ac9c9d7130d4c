/** The measures of the matrix as they are shown on NATS. */
import type { MeasureHere } from '../measure.ts';

export const natsMeasures: Readonly<Record<string, MeasureHere>> = {
  'idempotent-producer': { missing: 'needs answers to be lost on their way, and links do not read its protocol' },
  'sync-flush': {
    title: 'sync_interval always',
    profiles: [
      ['on', 'nats-flush'],
      ['off', 'nats-flush-off'],
    ],
    fault: 'power cut of the only server',
  },
  'several-masters': {
    title: 'replicas on several servers',
    profiles: [
      ['on', 'nats-several-servers'],
      ['off', 'nats-several-servers-off'],
    ],
    fault: 'the server that leads a stream down for longer than the whole retry budget',
  },
  'sync-replication': {
    title: 'three replicas',
    profiles: [
      ['on', 'nats-replicas'],
      ['off', 'nats-replicas-off'],
    ],
    fault: 'the disk of the server that leads the stream lost',
  },
};

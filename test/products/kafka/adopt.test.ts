/** Profiles of other products on Kafka (`--broker kafka`), and the measures of the matrix there. */
import { expect, test } from 'vitest';
import { measures } from '../../../src/matrix/measures.ts';
import { kafka } from '../../../src/products/kafka/product.ts';
import { loadProfile } from '../../../src/profile/load.ts';

test.each([
  [{ masters: 1 }, { nodes: 1, replicationFactor: 1 }, []],
  [{ masters: 2 }, { nodes: 3, replicationFactor: 1 }, []],
  [
    { masters: 5, flush: 'sync', flushInterval: '1s' },
    { nodes: 5, replicationFactor: 1, flush: 'every-message' },
    ['flushInterval'],
  ],
  [
    { masters: 1, slaves: 2, replication: 'sync', failover: 'in-sync', inSyncReplicas: 3 },
    { nodes: 3, replicationFactor: 3, minInsyncReplicas: 3 },
    [],
  ],
  [
    { slaves: 1, replication: 'sync', failover: 'unclean' },
    { nodes: 3, replicationFactor: 2, minInsyncReplicas: 2, uncleanElection: true },
    [],
  ],
  [{ slaves: 1, replication: 'async', failover: 'in-sync' }, { nodes: 3, replicationFactor: 2 }, ['replication']],
  [{ slaves: 1, replication: 'sync' }, { nodes: 3, replicationFactor: 2, minInsyncReplicas: 2 }, ['slaves']],
  [{ masters: 1, defects: ['reorder'] }, { nodes: 1, replicationFactor: 1 }, ['defects']],
  [{ nodes: 3, replicas: 3 }, { nodes: 3 }, ['replicas']],
  [{}, {}, []],
])('%j', (given, keys, refused) => {
  expect(kafka.adopt?.(given)).toEqual({ keys, refused });
});

test.each(measures.map(({ name, profiles }) => ({ name, profiles })))(
  'the pair of $name is a profile here',
  ({ name, profiles }) => {
    const here = kafka.measure?.(name, false);
    if (here?.missing !== undefined) return;
    for (const [, profile] of here?.profiles ?? profiles) {
      const { cluster } = loadProfile(profile, { env: {}, broker: 'kafka' });
      expect(cluster).toMatchObject({ broker: 'kafka' });
      expect(cluster.attach).toBeUndefined();
    }
  },
);

test('of an attached cluster nothing is what it was not', () => {
  expect(kafka.measure?.('sync-replication', true)?.profiles).toEqual([
    ['on', 'kafka-acks-all'],
    ['off', 'kafka-acks-all-off'],
  ]);
  expect(kafka.measure?.('several-masters', true)).toMatchObject({ brokers: 2 });
  expect(kafka.measure?.('redelivery', true)).toBeUndefined();
});

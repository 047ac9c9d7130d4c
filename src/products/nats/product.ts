/** NATS JetStream. */
import { processControls } from '../../cluster/controls.ts';
import { spell } from '../../profile/schema/units.ts';
import { describeAttached } from '../attached-contract.ts';
import type { Product } from '../product.ts';
import { checkNats } from './check.ts';
import { storage, unheardNotices } from './contract.ts';
import { headroomBytes } from './headroom.ts';
import { layout, natsPrograms } from './layout.ts';
import { natsMeasures } from './measures.ts';
import { natsNodes, nodeIds } from './nodes.ts';
import { type NatsCluster, type NatsPlan, natsPlan, natsPlanSchema, natsSchema } from './settings.ts';
import { natsWarnings } from './warnings.ts';

export const nats: Product<NatsCluster, NatsPlan> = {
  name: 'nats',
  alsoCalled: ['jetstream', 'nats-jetstream', 'nats-server'],
  title: 'NATS JetStream',
  summary: 'NATS JetStream: file streams and durable pull consumers',
  format: { profile: natsSchema, plan: natsPlanSchema, compile: natsPlan, check: checkNats },
  can: {
    partitions: { usual: 1, most: 64 },
    replication: true,
    acks: ['all'],
    oneway: true,
    idempotent: true,
    redelivery: 'broker',
    tries: 'deliveries',
    leaders: true,
    attached: processControls,
    recoveryMs: 20_000,
    largestValue: { bytes: 1024 * 1024 - headroomBytes, because: 'max_payload 1MiB' },
  },
  nodes: natsNodes,
  programs: natsPrograms,
  layout,
  describe: (cluster) =>
    cluster.attach === undefined
      ? [`NATS JetStream, started for the run: ${nodeIds(cluster.nodes).join(', ')}`, promises(cluster)]
      : describeAttached('NATS JetStream', cluster),
  warnings: natsWarnings,
  absent: (what) => {
    if (what === 'slave') return 'servers of NATS are equal; aim at a node, or at the leader of a partition';
    if (what === 'promote') return 'needs an order to a server to lead, which NATS does not have: a majority elects';
    return undefined;
  },
  contract: { storage, deadLetters: unheardNotices },
  measure: (name) => natsMeasures[name],
  starter: { port: 4222, images: ['nats'], packages: ['nats-server'] },
  driver: async () => (await import('./driver.ts')).driver,
};

/** What an acknowledgement is worth. */
function promises({ nodes, syncInterval }: NatsPlan): string {
  const every = typeof syncInterval === 'number' ? spell(syncInterval) : '2m';
  const synced =
    syncInterval === 'always' ? 'synced before each acknowledgement' : `in the page cache, synced every ${every}`;
  return nodes === 1
    ? `acknowledged by one server: ${synced}`
    : `acknowledged by a majority of each stream's replicas: ${synced}`;
}

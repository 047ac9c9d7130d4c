/** Whether Kafka's keys go together: those of an attached cluster with each other, and those of nodes of ours. */
import { checkAttach } from '../attached.ts';
import type { TellKey } from '../product.ts';
import { copiesOf, type KafkaCluster } from './settings.ts';

const attachKeys = {
  started: [
    ...['nodes', 'replicationFactor', 'minInsyncReplicas', 'flush'],
    ...['uncleanElection', 'sessionTimeout', 'heap', 'home'],
  ],
  reached: ['control', 'tls', 'sasl', 'allowRemote'],
};

/** @param written whether a key was given, rather than left to its default. */
export function checkKafka(cluster: KafkaCluster, written: (key: string) => boolean, tell: TellKey): void {
  checkAttach(cluster, attachKeys, written, tell);
  if (cluster.attach === undefined) checkCopies(cluster, written, tell);
}

function checkCopies(cluster: KafkaCluster, written: (key: string) => boolean, tell: TellKey): void {
  const { replicationFactor, minInsyncReplicas } = copiesOf(cluster);
  const { nodes, uncleanElection } = cluster;
  if (replicationFactor > nodes) {
    tell(
      'replicationFactor',
      `each copy needs a node of its own, and there are ${nodes}; set nodes to ${replicationFactor}`,
    );
  } else if (minInsyncReplicas > replicationFactor) {
    const copies = replicationFactor === 1 ? 'is 1 copy' : `are ${replicationFactor} copies`;
    tell('minInsyncReplicas', `there ${copies}; set it to ${replicationFactor} at most, or replicationFactor to more`);
  } else if (uncleanElection && replicationFactor === 1 && written('uncleanElection')) {
    tell('uncleanElection', 'needs a second copy to lead; set nodes and replicationFactor to 2 or more');
  }
}

/** Whether Kafka's keys go together: those of an attached cluster with each other, and those of nodes of ours. */
import type { TellKey } from '../product.ts';
import { copiesOf, type KafkaCluster } from './settings.ts';

/** Keys that say what nodes are like which the run starts. */
const nodeKeys = [
  'nodes',
  'replicationFactor',
  'minInsyncReplicas',
  'flush',
  'uncleanElection',
  'sessionTimeout',
  'heap',
  'home',
] as const;

/** Keys that say how to reach brokers which are there already. */
const attachedKeys = ['control', 'tls', 'sasl', 'allowRemote'] as const;

/** @param written whether a key was given, rather than left to its default. */
export function checkKafka(cluster: KafkaCluster, written: (key: string) => boolean, tell: TellKey): void {
  if (cluster.attach === undefined) {
    const why = "goes with 'attach' only: these brokers are started for the run; leave it out, or set attach";
    for (const key of attachedKeys.filter(written)) tell(key, why, 'key');
    checkCopies(cluster, written, tell);
  } else {
    const why = "does not go with 'attach': those brokers are as they were started; leave it out, or leave out attach";
    for (const key of nodeKeys.filter(written)) tell(key, why, 'key');
  }
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

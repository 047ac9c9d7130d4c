/** Whether the cluster's keys go together, and whether this product can do what the rest of the profile asks of it. */
import { type ClusterSettings, isBroker, type NodeControl } from '../../products/cluster.ts';
import { copyHeadBytes, envelopeBytes } from '../../products/envelope.ts';
import type { Product } from '../../products/product.ts';
import { nodesOf, productOf } from '../../products/registry.ts';
import { idleVolumeKeys } from '../../products/volume.ts';
import { isRemote } from '../remote.ts';
import { literalSecrets } from '../secrets.ts';
import { namesIn, targetWords } from '../targets.ts';
import { at, type Tree } from '../text/tree.ts';
import type { Draft, Tell } from './check.ts';
import { clashes } from './control-ways.ts';

export function checkCluster(draft: Draft, tree: Tree, allowRemote: boolean, tell: Tell): void {
  for (const { path, message } of literalSecrets(tree)) tell(path, message);
  const { cluster } = draft;
  if (cluster === undefined) return;
  const product = productOf(cluster.broker);
  checkTopic(draft, product, tell);
  checkProducers(draft, product, tell);
  checkPayload(draft, product, tell);
  product.format.check?.(
    cluster,
    (key) => at(tree, ['cluster', key]) !== undefined,
    (key, message, where) => tell(['cluster', key], message, where),
  );
  checkVolume(cluster, tree, tell);
  if (cluster.attach !== undefined) checkAttached(draft, allowRemote, tell);
}

function checkVolume({ attach, volume }: ClusterSettings, tree: Tree, tell: Tell): void {
  const path = ['cluster', 'volume'];
  if (volume === undefined) return;
  if (attach !== undefined) {
    const why =
      "does not go with 'attach': the disks of those brokers are not the run's; leave it out, or leave out attach";
    return tell(path, why, 'key');
  }
  const isWritten = (key: string): boolean => at(tree, [...path, key]) !== undefined;
  for (const { key, why } of idleVolumeKeys(volume.kind, isWritten)) tell([...path, key], why, 'key');
}

function checkTopic({ topic, cluster }: Draft, { can, title, absent }: Product, tell: Tell): void {
  if (topic === undefined || cluster === undefined) return;
  if (topic.replication !== undefined && !can.replication) {
    tell(
      ['topic', 'replication'],
      absent?.('replication', cluster) ?? `${title} has no such setting; leave it out`,
      'key',
    );
  } else if (topic.replication !== undefined && cluster.attach === undefined) {
    const nodes = nodesOf(cluster).filter(({ role }) => isBroker(role)).length;
    if (topic.replication > nodes) {
      const words = `each copy needs a node of its own, and there ${nodes === 1 ? 'is 1' : `are ${nodes}`}`;
      tell(
        ['topic', 'replication'],
        `${words}; set cluster.nodes to ${topic.replication} or more, or this to ${nodes} at most`,
      );
    }
  }
  if (topic.partitions === undefined) return;
  if (can.partitions === undefined) {
    tell(['topic', 'partitions'], `${title} has no partitions; leave it out`, 'key');
  } else if (topic.partitions > can.partitions.most) {
    tell(['topic', 'partitions'], `at most ${can.partitions.most} on ${title}`);
  }
}

function checkProducers({ cluster, producers }: Draft, product: Product, tell: Tell): void {
  if (producers === undefined || cluster === undefined) return;
  const { acks, send, idempotent } = producers;
  const here = product.canWith?.(cluster);
  const can = { ...product.can, ...here?.can };
  const title = here === undefined ? product.title : `${product.title} with ${here.what}`;
  if (send === 'oneway' && !can.oneway) {
    tell(['producers', 'send'], `${title} has no send without an acknowledgement; use sync or async`);
  }
  if (send !== 'oneway' && !can.acks.includes(acks)) {
    tell(['producers', 'acks'], `${title} has no acks: ${acks}; use ${can.acks.join(' or ')}`);
  }
  if (idempotent && !can.idempotent) {
    tell(['producers', 'idempotent'], `${title} does not suppress duplicates of a producer; leave it out`);
  }
}

/** What brokers of a run's own refuse is refused before they are started. What attached ones take is not known here. */
function checkPayload({ cluster, producers, consumers }: Draft, { can, title }: Product, tell: Tell): void {
  const { largestValue } = can;
  if (producers === undefined || cluster === undefined || cluster.attach !== undefined || largestValue === undefined)
    return;
  const copied = consumers?.redelivery !== undefined && can.redelivery === 'copies';
  const most = largestValue.bytes - (copied ? envelopeBytes + copyHeadBytes : 0);
  if (producers.payload <= most) return;
  const copies = copied ? ' in retry topics too, where a copy is longer' : '';
  const why = `${title} takes ${most}B at most${copies} (${largestValue.because}, with what stands around a value)`;
  tell(['producers', 'payload'], `${why}; set it to ${Math.floor(most / 1024)}KiB or less`);
}

function checkAttached({ cluster, topic, producers, consumers }: Draft, allowRemote: boolean, tell: Tell): void {
  if (cluster?.attach === undefined) return;
  const { attach, control = [] } = cluster;
  if (!cluster.allowRemote && !allowRemote) {
    const remote = (path: (string | number)[], address: string): void =>
      tell(
        path,
        `${address} is not this machine; if that cluster is yours to break, set cluster.allowRemote or --allow-remote`,
      );
    for (const address of attach.filter(isRemote)) remote(['cluster', 'attach'], address);
    for (const [i, { address }] of control.entries()) {
      if (isRemote(address)) remote(['cluster', 'control', i, 'address'], address);
    }
  }
  const workers = producers && consumers && topic && namesIn({ cluster, topic, producers, consumers });
  const taken = new Set<string>([...targetWords, ...(workers?.producers ?? []), ...(workers?.consumers ?? [])]);
  for (const [i, { id }] of control.entries()) {
    if (taken.has(id)) tell(['cluster', 'control', i, 'id'], `'${id}' is taken; give the node another name`);
    taken.add(id);
    for (const { key, message } of clashes(control[i] as NodeControl)) {
      tell(['cluster', 'control', i, key], message, 'key');
    }
  }
}

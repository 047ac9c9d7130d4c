/** Which of RabbitMQ's keys do not go together. */
import { checkAttach } from '../attached.ts';
import type { TellKey } from '../product.ts';
import { type RabbitmqCluster, usualQueue } from './settings.ts';

const attachKeys = {
  started: ['nodes', 'home', 'partitionHandling', 'tickTime'],
  reached: ['control', 'tls', 'login', 'allowRemote', 'vhost', 'management'],
};

/** @param written whether a key was given, rather than left to its default. */
export function checkRabbitmq(cluster: RabbitmqCluster, written: (key: string) => boolean, tell: TellKey): void {
  checkAttach(cluster, attachKeys, written, tell);
  checkQueue(cluster, tell);
  checkOverflow(cluster, tell);
  if (cluster.attach !== undefined || cluster.nodes > 1) return;
  for (const key of ['partitionHandling', 'tickTime'].filter(written)) {
    tell(key, 'means nothing with one node; set nodes to 2 or more', 'key');
  }
}

/** Quorum queues keep everything, whatever they are told: a key that changes nothing would show nothing. */
function checkQueue(cluster: RabbitmqCluster, tell: TellKey): void {
  const queue = cluster.queue ?? usualQueue(cluster);
  if (queue !== 'quorum') return;
  if (!cluster.durable) tell('durable', "quorum queues are always durable; set queue to 'classic'");
  if (!cluster.persistent) tell('persistent', "quorum queues keep transient messages, too; set queue to 'classic'");
}

function checkOverflow(cluster: RabbitmqCluster, tell: TellKey): void {
  const { maxLength, overflow, deadLetter } = cluster;
  const strict = deadLetter === 'at-least-once';
  if (overflow !== undefined && maxLength === undefined && !strict) {
    tell('overflow', 'means nothing without a bound; set maxLength', 'key');
  }
  if (!strict) return;
  const queue = cluster.queue ?? usualQueue(cluster);
  if (queue !== 'quorum') tell('deadLetter', "only quorum queues do 'at-least-once'; set queue to 'quorum'");
  if (overflow === 'drop-head') {
    tell('overflow', "with 'drop-head' the broker falls back to at-most-once; set it to 'reject-publish'");
  }
}

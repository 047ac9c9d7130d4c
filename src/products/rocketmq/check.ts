/** Whether RocketMQ's settings go together, told by key. */
import { checkAttach } from '../attached.ts';
import type { TellKey } from '../product.ts';
import type { RocketmqCluster } from './settings.ts';

const attachKeys = {
  started: [
    ...['home', 'masters', 'slaves', 'flush', 'replication', 'inSyncReplicas', 'minInSyncReplicas'],
    ...['allAckInSyncStateSet', 'controller', 'electUnclean', 'popBufferMerge'],
  ],
  reached: ['control', 'allowRemote', 'proxy'],
};

/** @param written whether a key was given, rather than left to its default. */
export function checkRocketmq(cluster: RocketmqCluster, written: (key: string) => boolean, tell: TellKey): void {
  checkAttach(cluster, attachKeys, written, tell);
  if (cluster.attach === undefined) checkStarted(cluster, tell);
  else checkProxy(cluster, tell);
}

function checkProxy({ client, consumer, proxy }: RocketmqCluster, tell: TellKey): void {
  if (proxy !== undefined) return;
  if (consumer !== 'pop') {
    tell('consumer', `'${consumer}' consumes through a proxy; give its address as 'proxy', or set consumer to pop`);
  }
  if (client !== 'remoting') {
    tell('client', `'${client}' sends through a proxy; give its address as 'proxy', or set client to remoting`);
  }
}

function checkStarted(cluster: RocketmqCluster, tell: TellKey): void {
  const { slaves, replication, inSyncReplicas, minInSyncReplicas, controller, allAckInSyncStateSet, electUnclean } =
    cluster;
  if (replication === 'sync' && slaves === 0)
    tell('replication', "'sync' needs a slave to have it; set slaves to 1 or more");
  if (inSyncReplicas > 1 && replication !== 'sync') {
    tell('inSyncReplicas', 'an ASYNC_MASTER waits for nobody; set replication to sync');
  }
  for (const [key, copies] of Object.entries({ inSyncReplicas, minInSyncReplicas })) {
    if (copies > 1 + slaves)
      tell(key, `at most the master and its slaves, which is ${1 + slaves} here; set slaves to ${copies - 1}`);
  }
  if (!controller) {
    if (electUnclean) tell('electUnclean', 'does nothing without the controller; set controller to true');
    if (minInSyncReplicas > 1) tell('minInSyncReplicas', 'does nothing without the controller; set controller to true');
    if (allAckInSyncStateSet)
      tell('allAckInSyncStateSet', 'does nothing without the controller; set controller to true');
  } else if (slaves === 0) tell('controller', 'needs a slave to elect; set slaves to 1 or more');
  if (controller && replication !== 'sync')
    tell('controller', "needs 'replication: sync': only a SYNC_MASTER waits for its SyncStateSet");
}

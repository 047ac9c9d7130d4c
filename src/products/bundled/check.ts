/** Whether the bundled broker's settings go together. Told by key, so that a profile and a command line can use it. */
import { counted } from '../../counted.ts';
import { spell } from '../../profile/schema/units.ts';
import type { TellKey } from '../product.ts';
import type { BundledCluster as Bundled } from './settings.ts';

/** What a defect takes away must be there, or it does nothing and the run proves nothing. */
const takesAway: readonly {
  readonly defect: Bundled['defects'][number];
  readonly key: 'flush' | 'replication';
}[] = [
  { defect: 'ack-before-flush', key: 'flush' },
  { defect: 'ack-before-replication', key: 'replication' },
];

/** @param written whether a key was given, rather than left to its default. */
export function checkBundled(cluster: Bundled, written: (key: string) => boolean, tell: TellKey): void {
  checkFlush(cluster, written, tell);
  checkReplication(cluster, tell);
  for (const [i, defect] of cluster.defects.entries()) {
    if (cluster.defects.indexOf(defect) !== i) tell('defects', `'${defect}' is there twice`);
  }
  for (const { defect, key } of takesAway) {
    if (cluster.defects.includes(defect) && cluster[key] !== 'sync') {
      tell('defects', `'${defect}' does nothing with '${key}: async'; set ${key} to sync`);
    }
  }
}

function checkFlush(cluster: Bundled, written: (key: string) => boolean, tell: TellKey): void {
  const { flush, flushInterval, thoroughFlushInterval } = cluster;
  if (flush === 'sync') {
    for (const key of ['flushInterval', 'thoroughFlushInterval'] as const) {
      if (written(key)) tell(key, "goes with 'flush: async' only; with 'flush: sync' leave it out", 'key');
    }
  } else if (thoroughFlushInterval < flushInterval) {
    const key = written('thoroughFlushInterval') ? 'thoroughFlushInterval' : 'flushInterval';
    const intervals = `flushInterval ${spell(flushInterval)}, thoroughFlushInterval ${spell(thoroughFlushInterval)}`;
    tell(key, `the thorough interval must be the longer one: ${intervals}`);
  }
}

function checkReplication({ slaves, replication, failover, inSyncReplicas }: Bundled, tell: TellKey): void {
  if (slaves === 0) {
    if (replication !== 'async') tell('replication', "'sync' needs a slave to have it; set slaves to 1 or more");
    if (failover !== 'none') tell('failover', `'${failover}' needs a slave to take over; set slaves to 1 or more`);
  } else if (failover === 'in-sync' && replication !== 'sync') {
    tell(
      'failover',
      "'in-sync' needs 'replication: sync': else no slave is sure to have all that was acknowledged; set replication to sync, or failover to unclean",
    );
  }
  if (inSyncReplicas === 1) return;
  if (inSyncReplicas > 1 + slaves) {
    const copies = counted(1 + slaves, 'copy', 'copies');
    tell(
      'inSyncReplicas',
      `at most the master and its slaves, which is ${copies} here; set slaves to ${inSyncReplicas - 1}`,
    );
  } else if (replication !== 'sync')
    tell('inSyncReplicas', "goes with 'replication: sync' only; set replication to sync");
}

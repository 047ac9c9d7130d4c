/** Traps that a plan walks into on RocketMQ, a sentence each. */
import type { Undertaking } from '../../plan/threats.ts';
import { leastInvisibleMs } from './invisible.ts';
import type { RocketmqPlan } from './settings.ts';

export function warnings({ cluster, consumers }: Undertaking): string[] {
  const { attach, replication, inSyncReplicas, controller, allAckInSyncStateSet } = cluster as RocketmqPlan;
  const alone =
    attach === undefined && replication === 'sync' && inSyncReplicas === 1 && !(controller && allAckInSyncStateSet);
  return [
    ...(alone
      ? ['a SYNC_MASTER with inSyncReplicas 1 waits for no slave; set inSyncReplicas to 2 to have what its name says']
      : []),
    ...(consumers.sessionTimeoutMs < leastInvisibleMs
      ? [
          `what a dead consumer held comes again after ${leastInvisibleMs / 1000}s at the earliest: RocketMQ hides it for no less`,
        ]
      : []),
  ];
}

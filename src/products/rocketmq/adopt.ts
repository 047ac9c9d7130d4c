/** Keys of other products' profiles as they are here (`--broker rocketmq`). */
import type { Adopted } from '../product.ts';

const same = ['masters', 'slaves', 'flush', 'replication', 'inSyncReplicas'];
/** How often the log is synced is RocketMQ's own, as the bundled broker's defaults are. */
const without = ['flushInterval', 'thoroughFlushInterval'];

export function adopt(given: Readonly<Record<string, unknown>>): Adopted {
  const keys: Record<string, unknown> = {};
  const refused: string[] = [];
  for (const [key, value] of Object.entries(given)) {
    if (same.includes(key)) keys[key] = value;
    else if (key === 'nodes') keys.masters = value;
    // a slave that has all that was acknowledged takes over: that is the controller's SyncStateSet
    else if (key === 'failover' && value === 'in-sync')
      Object.assign(keys, { controller: true, allAckInSyncStateSet: true });
    else if (!(key === 'failover' && value === 'none') && !without.includes(key)) refused.push(key);
  }
  return { keys, refused };
}

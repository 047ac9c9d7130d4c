import type { Channel } from '../../src/products/channel.ts';
import type { BrokerAccess } from '../../src/products/driver.ts';

/** A cluster that is there, of which only addresses are known. */
export function accessTo(bootstrap: readonly string[], more: Partial<BrokerAccess> = {}): BrokerAccess {
  return { bootstrap, nodes: [], cluster: { broker: 'kafka', attach: bootstrap }, clientId: 'mqchaos-test', ...more };
}

/** A topic without groups of its own. */
export function channelOf(name: string, partitions = 4): Channel {
  return { name, groups: [], partitions };
}

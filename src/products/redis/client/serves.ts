/** Whether a server of ours serves: it answers PING, and is not loading its file. */

import type { NodeAddress } from '../../cluster.ts';
import type { BrokerAccess } from '../../driver.ts';
import { openLink } from './link.ts';
import { readReplication } from './replication.ts';

const boundMs = 1_000;

/**
 * A replica serves whether its primary is there or not; whether it has all is asked of the primary (`lagging`). Until
 * then what it says of itself goes on record, and no more: it also calls its link up before it is sent every write.
 */
export async function serves(
  { address }: NodeAddress,
  access: BrokerAccess,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (address === undefined) return undefined;
  try {
    const link = await openLink(access, address, { deadlineMs: boundMs });
    try {
      const { role, linkUp } = readReplication(address, String(await link.ask(['INFO', 'replication'], boundMs)));
      return { address, role, ...(role === 'slave' ? { link: linkUp ? 'up' : 'down' } : {}) };
    } finally {
      link.end();
    }
  } catch {
    return undefined; // refused, silent or loading: not yet
  }
}

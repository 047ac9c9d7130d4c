/**
 * Whether a node of ours serves, asked over the remoting protocol: no JVM is started for it. An open port is not enough: a
 * broker listens before it is registered, and a slave before it has what its master has.
 */

import { noAbort, within } from '../../../wait.ts';
import type { NodeAddress } from '../../cluster.ts';
import type { BrokerAccess } from '../../driver.ts';
import { askHaStatus, askRuntime, copyFrom } from './broker.ts';
import { Connections } from './connections.ts';
import { Topology } from './topology.ts';

/** At a load average of 50 a broker took more than two seconds to say how it is. */
const askMs = 8_000;

export async function serves(node: NodeAddress, access: BrokerAccess) {
  const connections = new Connections(access);
  try {
    return await within(evidence(node, access, connections), {
      what: `ask ${node.id}`,
      boundMs: askMs,
      signal: noAbort,
    });
  } catch {
    return undefined; // does not answer, or not yet as it should: asked again
  } finally {
    connections.close();
  }
}

type Evidence = Readonly<Record<string, unknown>>;

async function evidence(
  node: NodeAddress,
  access: BrokerAccess,
  connections: Connections,
): Promise<Evidence | undefined> {
  const { role, address, advertised = address } = node;
  if (address === undefined) return undefined;
  if (role === 'proxy') {
    await connections.to(address);
    return { answers: 'connect' };
  }
  const asked = role === 'name-server' ? { ...access, nodes: [node] } : access;
  const topology = new Topology(asked, connections);
  if (role === 'name-server') return { answers: 'GET_BROKER_CLUSTER_INFO', sets: (await topology.sets()).length };
  const [sets, { brokerVersionDesc: version }] = await Promise.all([topology.sets(), askRuntime(connections, address)]);
  const mine = sets.find(({ master, slaves }) => [master, ...slaves].includes(advertised));
  if (mine === undefined) return undefined;
  const registered = { answers: 'GET_BROKER_RUNTIME_INFO', version, registered: mine.name };
  if (mine.master === advertised) return { ...registered, as: 'master' };
  const { source } = node.addresses ?? {};
  if (mine.master !== undefined && source !== undefined) await copyFrom(connections, address, mine.master, source);
  return copied(address, mine.master, connections, registered);
}

/** A slave serves when it has all; one whose master is away has nothing to be behind. */
async function copied(
  address: string,
  master: string | undefined,
  connections: Connections,
  registered: Evidence,
): Promise<Evidence | undefined> {
  if (master === undefined) return { ...registered, as: 'slave', master: 'none' };
  const [slave, leading] = await Promise.all([askHaStatus(connections, address), askHaStatus(connections, master)]);
  if (slave.end < leading.end || leading.even === 0) return undefined;
  return { ...registered, as: 'slave', end: slave.end };
}

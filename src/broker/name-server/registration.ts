import type { RequestOf } from '../wire/api.ts';
import type { watch } from '../wire/apis/routes.ts';
import type { Nodes } from './nodes.ts';
import type { Registry } from './registry.ts';

/** As main.ts has it: the id is the upper part of producer ids, which must stay below 2^53. */
const greatestId = 8191;

/** Why a node may not register, or undefined. A node that was refused leaves nothing behind. */
export function refuseWatch(request: RequestOf<typeof watch>, registry: Registry, nodes: Nodes): string | undefined {
  const { nodeId, setId, host, port, clientHost, clientPort, life, clusterId } = request;
  if (!isId(nodeId) || !isId(setId)) return `node ${nodeId} of set ${setId}: ids are from 0 to ${greatestId}`;
  if (host === '' || !isEndpoint(host, port)) return `node ${nodeId} has no usable address`;
  if (clientHost !== '' && !isEndpoint(clientHost, clientPort))
    return `node ${nodeId} has no usable address for clients`;
  const own = registry.routes.clusterId;
  if (clusterId !== null && clusterId !== own) return `node ${nodeId} belongs to another cluster than ${own}`;
  const set = registry.setOf(nodeId);
  if (set !== undefined && set.id !== setId) return `node ${nodeId} belongs to set ${set.id}, not ${setId}`;
  const known = nodes.get(nodeId);
  if (known === undefined || known.life === life || known.address === `${host}:${port}`) return undefined;
  return nodes.isAlive(nodeId) ? `node id ${nodeId} is in use at ${known.address}` : undefined;
}

function isEndpoint(host: string, port: number): boolean {
  return host.length <= 255 && port >= 1 && port <= 65_535;
}

function isId(value: number): boolean {
  return value >= 0 && value <= greatestId;
}

import { BrokerError, messageOf } from './errors.ts';
import { connectPeer } from './rpc/peer.ts';
import { promote as promoteApi } from './wire/apis/routes.ts';
import { code } from './wire/codes.ts';
import type { World } from './world/world.ts';

const timeoutMs = 5000;

/**
 * Makes the name server appoint a live node leader of its set, whatever the node has: entries that it lacks are lost.
 * Returns the new leader epoch. Throws `name-server-unreachable`, `not-a-member` or
 * `not-promoted`.
 */
export async function promote(
  world: World,
  nameServer: { host: string; port: number },
  nodeId: number,
  secret: string,
): Promise<number> {
  let answer: { errorCode: number; errorMessage: string | null; epoch: number };
  try {
    await using peer = await connectPeer(world, nameServer.host, nameServer.port, timeoutMs, { secret });
    answer = await peer.call(promoteApi, { nodeId }, timeoutMs);
  } catch (error) {
    const message = `name server ${nameServer.host}:${nameServer.port}: ${messageOf(error)}`;
    throw new BrokerError('name-server-unreachable', message, 'start it, or check --name-server', error);
  }
  if (answer.errorCode === code.NONE) return answer.epoch;
  if (answer.errorCode === code.CLUSTER_AUTHORIZATION_FAILED) {
    throw new BrokerError('not-a-member', 'the name server takes orders of its cluster only', 'give its --secret-file');
  }
  const hint = 'a node can be promoted while it runs and does not lead';
  throw new BrokerError('not-promoted', answer.errorMessage ?? `error ${answer.errorCode}`, hint);
}

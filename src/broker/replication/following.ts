import type { NodeAddress } from '../routes/routes.ts';
import { connectPeer, type Peer } from '../rpc/peer.ts';
import { replicate } from '../wire/apis/routes.ts';
import { code } from '../wire/codes.ts';
import { cutFor } from './history.ts';
import { peerTimeoutMs, pullBytes, pullWaitMs, type ReplicationParts } from './parts.ts';

/**
 * Pulls the log of one leader, by physical position, while `goOn` returns true. Entries that the leader does not have are
 * cut off first and never merged: they were not acknowledged, else the leader would have them. Each pull confirms to the
 * leader what this node has, so with flush sync this node syncs before it pulls again.
 * @param signal aborts when the node stops
 * @throws when the leader cannot be reached or refuses
 */
export async function follow(
  parts: ReplicationParts,
  leader: NodeAddress,
  goOn: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  await using peer = await connectPeer(parts.world, leader.host, leader.port, peerTimeoutMs, {
    signal,
    secret: parts.settings.secret,
  });
  // A leader that does not answer must not keep this node from following its successor.
  const forget = parts.routing.onChange(() => {
    if (!goOn()) void peer[Symbol.asyncDispose]();
  });
  try {
    for (let first = true; goOn(); first = false) {
      await pull(parts, peer);
      if (first) parts.world.log(`following node ${leader.id}`);
    }
  } finally {
    forget();
  }
}

async function pull({ store, settings, routing, self, world }: ReplicationParts, peer: Peer): Promise<void> {
  const { log } = store;
  const epoch = routing.set?.epoch ?? 0;
  const request = {
    setId: settings.set,
    slave: self,
    epoch,
    lastEpoch: log.epochs.last,
    end: log.end,
    synced: log.synced,
    waitMs: pullWaitMs,
    maxBytes: pullBytes,
  };
  const answer = await peer.call(replicate, request, pullWaitMs + peerTimeoutMs);
  if (answer.errorCode !== code.NONE) throw new Error(`the leader answers error ${answer.errorCode}`);
  if (answer.epoch < (routing.set?.epoch ?? 0)) throw new Error(`epoch ${answer.epoch} is over`);
  if (answer.cutTo >= 0) {
    const cutTo = cutFor(log.epochs, answer);
    world.log(
      `cutting ${log.end - cutTo} bytes from ${cutTo} on, which the leader of epoch ${answer.epoch} does not have`,
    );
    await log.truncate(cutTo);
  } else if (answer.data.length > 0) {
    await log.appendRaw(answer.data);
    if (settings.flush === 'sync') await log.sync();
  }
}

import { type Route, route } from '../rpc/route.ts';
import type { Partition } from '../store/partitions/partition.ts';
import { offsetForLeaderEpoch } from '../wire/apis/records.ts';
import { code } from '../wire/codes.ts';
import { ledPartition, type NodeParts } from './parts.ts';

/** OffsetForLeaderEpoch. */
export function leaderEpochRoutes(parts: NodeParts): Route[] {
  return [
    route(offsetForLeaderEpoch, async ({ topics }) => ({
      throttleTimeMs: 0,
      topics: await Promise.all(
        topics.map(async ({ name, partitions }) => ({
          name,
          partitions: await Promise.all(
            partitions.map(async ({ index, currentLeaderEpoch, leaderEpoch: asked }) => {
              const none = { index, leaderEpoch: -1, endOffset: -1 };
              const partition = currentPartition(parts, name, index, currentLeaderEpoch);
              if (typeof partition === 'number') return { ...none, errorCode: partition };
              const { epoch, endOffset } = await endOfEpoch(parts, partition, asked);
              return { index, errorCode: code.NONE, leaderEpoch: epoch, endOffset };
            }),
          ),
        })),
      ),
    })),
  ];
}

/**
 * The partition if this node is leader of its set, else the Kafka error code; an error also if the client knows of another
 * leader epoch than this node: one of them has to learn first (KIP-320).
 * @param epoch as the client knows it; -1: it does not say
 */
export function currentPartition(parts: NodeParts, topic: string, index: number, epoch: number): Partition | number {
  const partition = ledPartition(parts, topic, index);
  const current = parts.duty.epoch;
  if (typeof partition === 'number' || epoch < 0 || epoch === current) return partition;
  return epoch < current ? code.FENCED_LEADER_EPOCH : code.UNKNOWN_LEADER_EPOCH;
}

export interface EpochEnd {
  /** The greatest epoch not above the one asked for; -1: not known. */
  readonly epoch: number;
  /** The offset after its last record here; -1: not known. */
  readonly endOffset: number;
}

/** Where a leader epoch ends in the partition, as Kafka's epoch cache answers it. */
export async function endOfEpoch(parts: NodeParts, partition: Partition, asked: number): Promise<EpochEnd> {
  const current = parts.duty.epoch;
  if (asked < 0 || asked > current) return { epoch: -1, endOffset: -1 };
  if (asked === current) return { epoch: asked, endOffset: partition.endOffset };
  const { epoch, end } = parts.store.log.epochs.endOf(asked);
  // Nothing of such an early epoch is here: whatever the client has of it is gone.
  if (epoch < 0) return { epoch: asked, endOffset: partition.logStartOffset };
  return { epoch, endOffset: await partition.offsetAtPosition(end) };
}

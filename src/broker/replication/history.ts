import type { EpochHistory } from '../store/log/epochs.ts';

/** The end of a log, and the leader epoch of its last entry. */
export interface LogPoint {
  readonly lastEpoch: number;
  readonly end: number;
}

/**
 * Where the other log parts from this one: the greatest epoch that has entries in this log and is not above the other
 * log's last epoch, and the position after its last entry here.
 */
export interface Parting {
  readonly cutEpoch: number;
  readonly cutTo: number;
}

/** Undefined if this log contains the other log as far as its end: then this log continues the other one (KIP-101). */
export function partingFrom(epochs: EpochHistory, { lastEpoch, end }: LogPoint): Parting | undefined {
  if (end === 0) return undefined;
  const known = epochs.endOf(lastEpoch);
  if (known.epoch === lastEpoch && end <= known.end) return undefined;
  return { cutEpoch: known.epoch, cutTo: known.end };
}

/**
 * Where a follower has to cut its log, given where the leader says that the logs part. It may be lower than the leader
 * says: entries of an epoch that the leader does not have may begin below that position (KIP-279).
 */
export function cutFor(epochs: EpochHistory, { cutEpoch, cutTo }: Parting): number {
  return Math.min(cutTo, epochs.endOf(cutEpoch).end);
}

/** Whether `one` is further than `other`: it has a later epoch, or the same epoch and a later end. */
export function isAhead(one: LogPoint, other: LogPoint): boolean {
  return one.lastEpoch > other.lastEpoch || (one.lastEpoch === other.lastEpoch && one.end > other.end);
}

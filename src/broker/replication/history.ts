import type { EpochHistory } from '../store/log/epochs.ts';

/** A place in a log: where it ends, and the epoch of the last entry before it. */
export interface LogPoint {
  readonly lastEpoch: number;
  readonly end: number;
}

/** Where two logs part: the end of the greatest epoch not above the other's last that has entries here. */
export interface Parting {
  readonly cutEpoch: number;
  readonly cutTo: number;
}

/** Undefined if the point is on our history: then our log, from there on, continues the other one (KIP-101). */
export function partingFrom(epochs: EpochHistory, { lastEpoch, end }: LogPoint): Parting | undefined {
  if (end === 0) return undefined;
  const known = epochs.endOf(lastEpoch);
  if (known.epoch === lastEpoch && end <= known.end) return undefined;
  return { cutEpoch: known.epoch, cutTo: known.end };
}

/**
 * Where to cut our own log, told where the leader's parts from it: entries of an epoch that the leader does not have may
 * begin below that place (KIP-279).
 */
export function cutFor(epochs: EpochHistory, { cutEpoch, cutTo }: Parting): number {
  return Math.min(cutTo, epochs.endOf(cutEpoch).end);
}

/** Whether `one` holds more than `other`: a later epoch, or more of the same. */
export function isAhead(one: LogPoint, other: LogPoint): boolean {
  return one.lastEpoch > other.lastEpoch || (one.lastEpoch === other.lastEpoch && one.end > other.end);
}

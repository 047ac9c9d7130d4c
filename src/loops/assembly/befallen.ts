/**
 * Writes the lines of messages that something befell, until one is something else: about a message that is watched, that
 * overlaps few faults, and no example of its class. What they mean is in audit/findings/listing.ts, which takes the others.
 */
import { digits } from './digits';
import {
  blamed,
  endOfLine,
  faultFromNs,
  goOn,
  isPlain,
  name,
  nextFault,
  out,
  outLimit,
  partitionKey,
  piece,
  positionKey,
  sentKey,
  sentNsOf,
  settledKey,
  settledNsOf,
  tailOf,
  watchedRow,
  whole,
} from './lines';
import { none16, noPosition } from './record';
import { rowAttempts, rowPartitions, rowPositions } from './watchlist';

export * from './lines';

/** What to write about: a sequence and a kind of line each. */
export let entries: usize = 0;

/** By kind of line: how it begins, what follows the message's name, what it weighs without a fault, and if it is a loss. */
export let heads: u32 = 0;
export let extras: u32 = 0;
export let weights: usize = 0;
export let losses: usize = 0;
export let attemptsKey: u32 = 0;

/** By fault: the losses that name it, and the longest time from an ack that was lost to its injection. */
export let lostBy: usize = 0;
export let windowNs: usize = 0;

/** Of entries [from, end): the first that it left. */
export function run(from: u32, end: u32): u32 {
  for (let index = from; index < end; index += 1) {
    if (out >= outLimit) return index;
    const seq = load<u32>(entries + (index << 3));
    const kind = load<u32>(entries + (index << 3), 4);
    const row = watchedRow(seq);
    if (row < 0) return index;
    const sentNs = sentNsOf(row);
    const settledNs = settledNsOf(row);
    const tail = tailOf(sentNs, settledNs);
    if (!isPlain(kind, load<i32>(weights + (kind << 2)), tail)) return index;
    if (load<u8>(losses + kind) !== 0) countLoss(tail, settledNs);
    goOn(endOfLine(line(out, seq, kind, row, sentNs, settledNs), tail, sentNs, settledNs));
  }
  return end;
}

function line(from: usize, seq: u32, kind: u32, row: i32, sentNs: f64, settledNs: f64): usize {
  let at = piece(piece(from, heads + kind), name);
  at = piece(digits(at, seq), extras + kind);
  const partition = load<i32>(rowPartitions + (row << 2));
  if ((partition as u32) !== none16) at = whole(at, partitionKey, partition);
  const position = load<f64>(rowPositions + (row << 3)) as u64;
  if (position !== noPosition) at = whole(at, positionKey, position);
  at = whole(at, sentKey, sentNs as u64);
  at = whole(at, settledKey, settledNs as u64);
  return whole(at, attemptsKey, load<i32>(rowAttempts + (row << 2)));
}

function countLoss(tail: u32, settledNs: f64): void {
  if (tail !== 0) {
    const lost = lostBy + (blamed(tail) << 2);
    store<u32>(lost, load<u32>(lost) + 1);
  }
  const next = nextFault(settledNs);
  if (next < 0) return;
  const fromNs = load<f64>(faultFromNs + (next << 3));
  const window = windowNs + (next << 3);
  if (fromNs !== f64.POSITIVE_INFINITY) store<f64>(window, max(load<f64>(window), fromNs - settledNs));
}

/**
 * Writes lines about what became of messages. Stops at a message that is not on the watchlist or overlaps too many
 * faults, and at a line that would become an example of its class. audit/findings/listing.ts defines what the lines
 * mean, and writes those at which the loop stops.
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

/** The lines to write, two numbers each: the sequence of the message and the kind of line. */
export let entries: usize = 0;

/**
 * By kind of line: its first piece, the piece after the message's name, its weight without a fault, and 1 for a loss.
 */
export let heads: u32 = 0;
export let extras: u32 = 0;
export let weights: usize = 0;
export let losses: usize = 0;
/** By kind of line: bits of the sides from which its harm can come. */
export let blamable: usize = 0;
export let attemptsKey: u32 = 0;

/**
 * By fault: the number of losses that name it, and the longest time from the ack of a lost message to its injection.
 */
export let lostBy: usize = 0;
export let windowNs: usize = 0;

/** Writes lines for entries [begin, end). Returns the first entry that it left; `end` if none. */
export function run(begin: u32, end: u32): u32 {
  for (let index = begin; index < end; index += 1) {
    if (out >= outLimit) return index;
    const seq = load<u32>(entries + (index << 3));
    const kind = load<u32>(entries + (index << 3), 4);
    const row = watchedRow(seq);
    if (row < 0) return index;
    const sentNs = sentNsOf(row);
    const settledNs = settledNsOf(row);
    const from: u32 = load<u8>(blamable + kind);
    const tail = tailOf(sentNs, settledNs, from, f64.POSITIVE_INFINITY);
    if (!isPlain(kind, load<i32>(weights + (kind << 2)), tail)) return index;
    if (load<u8>(losses + kind) !== 0) countLoss(tail, settledNs, from);
    goOn(endOfLine(line(out, seq, kind, row, sentNs, settledNs), tail, sentNs, settledNs, from));
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

function countLoss(tail: u32, settledNs: f64, from: u32): void {
  if (tail !== 0) {
    const lost = lostBy + (blamed(tail) << 2);
    store<u32>(lost, load<u32>(lost) + 1);
  }
  const next = nextFault(settledNs, from, f64.POSITIVE_INFINITY);
  if (next < 0) return;
  const fromNs = load<f64>(faultFromNs + (next << 3));
  const window = windowNs + (next << 3);
  if (fromNs !== f64.POSITIVE_INFINITY) store<f64>(window, max(load<f64>(window), fromNs - settledNs));
}

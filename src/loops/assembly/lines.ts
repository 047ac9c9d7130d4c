/**
 * The common part of the loops that write lines: the message that a line is about, the faults that it names, and the
 * pieces that it consists of. audit/findings/finding-line.ts defines the format of a line.
 */
import { digits } from './digits';
import { rowAttempts, rowOf, rowSentNs, rowSettledNs } from './watchlist';

export * from './watchlist';

/** The producer's first word in every plane, and the time at which its journal ends. */
export let base: u32 = 0;
export let lastNs: f64 = 0;

/** Faults in the order of their injection: from when to when they are in force, and when they took hold. */
export let faults: u32 = 0;
export let faultFromNs: usize = 0;
export let faultToNs: usize = 0;
export let faultHeldNs: usize = 0;
/** By fault: bits of the sides that it acts on. */
export let faultSides: usize = 0;

/** By kind of line: the most that a line may weigh without becoming an example, and how many lines name a fault. */
export let heaviest: usize = 0;
export let attributed: usize = 0;

/** The pieces of lines: where each begins, and the bytes of all. A loop may read 15 bytes beyond the end of a piece. */
export let pieceAt: usize = 0;
export let pieceBytes: usize = 0;
/**
 * The number of the piece with the producer's name; of the ends of lines without a fault, then during and after each.
 */
export let name: u32 = 0;
export let tails: u32 = 0;
/**
 * The numbers of pieces for lines that name several faults: the first, second and other faults, and the end of the
 * line.
 */
export let firsts: u32 = 0;
export let seconds: u32 = 0;
export let others: u32 = 0;
export let severalEnd: u32 = 0;
export let partitionKey: u32 = 0;
export let positionKey: u32 = 0;
export let sentKey: u32 = 0;
export let settledKey: u32 = 0;

/** The address of the next line. No line begins at or beyond `outLimit`. */
export let out: usize = 0;
export let outLimit: usize = 0;

/** A tail with this bit set: several faults overlap, and the other bits are the number of the first. */
const several: u32 = 0x40000000;
/** A tail: more than `mostFaults` faults overlap, too many for the room of a line. */
const tooMany: u32 = 0xffffffff;
export const mostFaults: u32 = 8;

/** Moves `out` to the address after the line that was written. */
export function goOn(at: usize): void {
  out = at;
}

/** The message's row in the watchlist; -1 if it has none, or one without attempts. */
export function watchedRow(seq: u32): i32 {
  const row = rowOf((base + (seq >> 5)) << 2, seq & 31);
  return row >= 0 && load<i32>(rowAttempts + (row << 2)) === 0 ? -1 : row;
}

export function sentNsOf(row: i32): f64 {
  return load<f64>(rowSentNs + (row << 3));
}

export function settledNsOf(row: i32): f64 {
  const settled = load<f64>(rowSettledNs + (row << 3));
  return settled < 0 ? lastNs : settled;
}

/**
 * The tail of a line: the faults in force in a time that act on one of the sides in `from`, else the next such fault
 * until the harm was seen, else 0. See audit/windows/attribution.ts.
 */
export function tailOf(fromNs: f64, toNs: f64, from: u32, seenNs: f64): u32 {
  let count: u32 = 0;
  let first: u32 = 0;
  for (let fault: u32 = 0; fault < faults; fault += 1) {
    if (!overlaps(fault, fromNs, toNs, from)) continue;
    if (count === 0) first = fault;
    count += 1;
  }
  if (count === 1) return 1 + first * 2;
  if (count > 1) return count > mostFaults ? tooMany : several | first;
  const next = nextFault(toNs, from, seenNs);
  return next < 0 ? 0 : 2 + (next as u32) * 2;
}

/** The fault that a line with this tail names first. */
export function blamed(tail: u32): u32 {
  return (tail & several) !== 0 ? tail - several : (tail - 1) >> 1;
}

/** Writes the end of a line that names the faults in a time. Returns the address after it. */
export function endOfLine(to: usize, tail: u32, fromNs: f64, toNs: f64, from: u32): usize {
  if ((tail & several) === 0) return piece(to, tails + tail);
  const first = blamed(tail);
  let at = piece(to, firsts + first);
  let names = seconds;
  for (let fault = first + 1; fault < faults; fault += 1) {
    if (!overlaps(fault, fromNs, toNs, from)) continue;
    at = piece(at, names + fault);
    names = others;
  }
  return piece(at, severalEnd);
}

function overlaps(fault: u32, fromNs: f64, toNs: f64, from: u32): bool {
  if ((load<u8>(faultSides + fault) & from) === 0) return false;
  return load<f64>(faultFromNs + (fault << 3)) <= toNs && load<f64>(faultToNs + (fault << 3)) >= fromNs;
}

/** The first fault on one of these sides that took hold between two times; -1 if there is none. */
export function nextFault(atNs: f64, from: u32, seenNs: f64): i32 {
  for (let fault: u32 = 0; fault < faults; fault += 1) {
    if ((load<u8>(faultSides + fault) & from) === 0) continue;
    const heldNs = load<f64>(faultHeldNs + (fault << 3));
    if (heldNs >= atNs && heldNs <= seenNs) return fault as i32;
  }
  return -1;
}

/** Whether the loop may write a line, because it becomes no example. If so, counts it if it names a fault. */
export function isPlain(kind: u32, weight: i32, tail: u32): bool {
  if (tail === tooMany || weight + (tail === 0 ? 0 : 1) > load<i32>(heaviest + (kind << 2))) return false;
  if (tail !== 0) store<u32>(attributed + (kind << 2), load<u32>(attributed + (kind << 2)) + 1);
  return true;
}

/** Writes a piece, 16 bytes at a time: what is copied beyond its end is overwritten by the next piece. */
export function piece(to: usize, which: u32): usize {
  const begin = load<u32>(pieceAt + (which << 2));
  const length = load<u32>(pieceAt + (which << 2), 4) - begin;
  const from = pieceBytes + begin;
  for (let done: u32 = 0; done < length; done += 16) v128.store(to + done, v128.load(from + done));
  return to + length;
}

/** Writes the piece of a key and a whole number. */
export function whole(to: usize, key: u32, value: u64): usize {
  return digits(piece(to, key), value);
}

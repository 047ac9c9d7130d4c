/**
 * What the loops that write lines share: the message that a line is about, the fault that it names, and the pieces that it
 * is made of. How a line looks is in audit/findings/finding-line.ts.
 */
import { digits } from './digits';
import { rowAttempts, rowOf, rowSentNs, rowSettledNs } from './watchlist';

export * from './watchlist';

/** Of the producer: its first word in every plane, and when its journal ends. */
export let base: u32 = 0;
export let lastNs: f64 = 0;

/** Faults in the order of their injection: from when to when they are in force, and when they took hold. */
export let faults: u32 = 0;
export let faultFromNs: usize = 0;
export let faultToNs: usize = 0;
export let faultHeldNs: usize = 0;

/** By kind of line: the most that one may weigh without being an example, and how many name a fault. */
export let heaviest: usize = 0;
export let attributed: usize = 0;

/** Pieces of lines: where each begins, and its bytes. They may be read 15 bytes beyond their end. */
export let pieceAt: usize = 0;
export let pieceBytes: usize = 0;
/** The producer's name; and by fault (none, then during and after each), how a line ends. */
export let name: u32 = 0;
export let tails: u32 = 0;
/** By fault, how the end of a line begins that names several: the first, the second, and any other; and how that ends. */
export let firsts: u32 = 0;
export let seconds: u32 = 0;
export let others: u32 = 0;
export let severalEnd: u32 = 0;
export let partitionKey: u32 = 0;
export let positionKey: u32 = 0;
export let sentKey: u32 = 0;
export let settledKey: u32 = 0;

/** Where the next line goes; none begins at or beyond `outLimit`. */
export let out: usize = 0;
export let outLimit: usize = 0;

/** With the number of the first: several faults overlap. */
const several: u32 = 0x40000000;
/** So many overlap that a line has no room for their names. */
const tooMany: u32 = 0xffffffff;
export const mostFaults: u32 = 8;

/** The next line goes there. */
export function goOn(at: usize): void {
  out = at;
}

/** Row of a message; -1 where it has none, or one that says nothing. */
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

/** 0: no fault. What was in force from then to then, else the next that took hold; see audit/windows/attribution.ts. */
export function tailOf(fromNs: f64, toNs: f64): u32 {
  let count: u32 = 0;
  let first: u32 = 0;
  for (let fault: u32 = 0; fault < faults; fault += 1) {
    if (!overlaps(fault, fromNs, toNs)) continue;
    if (count === 0) first = fault;
    count += 1;
  }
  if (count === 1) return 1 + first * 2;
  if (count > 1) return count > mostFaults ? tooMany : several | first;
  const next = nextFault(toNs);
  return next < 0 ? 0 : 2 + (next as u32) * 2;
}

/** The fault that a line with this tail names first. */
export function blamed(tail: u32): u32 {
  return (tail & several) !== 0 ? tail - several : (tail - 1) >> 1;
}

/** How a line ends, about a message that was disturbed from then to then. */
export function endOfLine(to: usize, tail: u32, fromNs: f64, toNs: f64): usize {
  if ((tail & several) === 0) return piece(to, tails + tail);
  const first = blamed(tail);
  let at = piece(to, firsts + first);
  let names = seconds;
  for (let fault = first + 1; fault < faults; fault += 1) {
    if (!overlaps(fault, fromNs, toNs)) continue;
    at = piece(at, names + fault);
    names = others;
  }
  return piece(at, severalEnd);
}

function overlaps(fault: u32, fromNs: f64, toNs: f64): bool {
  return load<f64>(faultFromNs + (fault << 3)) <= toNs && load<f64>(faultToNs + (fault << 3)) >= fromNs;
}

/** The first fault that took hold then or later; -1 for none. */
export function nextFault(atNs: f64): i32 {
  for (let fault: u32 = 0; fault < faults; fault += 1) {
    if (load<f64>(faultHeldNs + (fault << 3)) >= atNs) return fault as i32;
  }
  return -1;
}

/** Whether a line of a kind is no example; then it is counted, if it names a fault. */
export function isPlain(kind: u32, weight: i32, tail: u32): bool {
  if (tail === tooMany || weight + (tail === 0 ? 0 : 1) > load<i32>(heaviest + (kind << 2))) return false;
  if (tail !== 0) store<u32>(attributed + (kind << 2), load<u32>(attributed + (kind << 2)) + 1);
  return true;
}

/** Copies more than there is: what comes next lies over it. */
export function piece(to: usize, which: u32): usize {
  const begin = load<u32>(pieceAt + (which << 2));
  const length = load<u32>(pieceAt + (which << 2), 4) - begin;
  const from = pieceBytes + begin;
  for (let done: u32 = 0; done < length; done += 16) v128.store(to + done, v128.load(from + done));
  return to + length;
}

export function whole(to: usize, key: u32, value: u64): usize {
  return digits(piece(to, key), value);
}

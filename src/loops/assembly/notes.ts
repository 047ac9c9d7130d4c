/**
 * Writes the lines of notes, until one is something else: a note about a message that is watched, that overlaps one
 * fault at most, and that is no example of its class. What they mean is in audit/checks/listing.ts, which takes the
 * others, and how a line looks in audit/finding-line.ts.
 */
import { digits } from './digits';
import { groupOf, kindOf, none16, noPosition, partitionOf, positionOf, recordBytes, seqOf, timeOf } from './record';

/** Rows of notes are the records that showed them; `rows` names those of one producer, in blocks of 2 ** blockBits. */
export let rows: usize = 0;
export let blocks: usize = 0;
export let blockBits: u32 = 0;

/** Of the producer: its first word in every plane, and when its journal ends. */
export let base: u32 = 0;
export let lastNs: f64 = 0;

/** Of `Watchlist`: the last row of each word, plus one, and the columns. */
export let lastRows: usize = 0;
export let rowsBefore: usize = 0;
export let rowBits: usize = 0;
export let rowSentNs: usize = 0;
export let rowSettledNs: usize = 0;
export let rowAttempts: usize = 0;

/** Faults in the order of their injection: from when to when they are in force, and when they took hold. */
export let faults: u32 = 0;
export let faultFromNs: usize = 0;
export let faultToNs: usize = 0;
export let faultHeldNs: usize = 0;

/** By class: the most that a line may weigh without being an example, and the lines that name a fault. */
export let heaviest: usize = 0;
export let attributed: usize = 0;
/** The class of what is delivered again, which was disturbed between its ack and the repeat. */
export let again: u32 = 0;
/** Classes of which a line says what the broker flagged, a bit each. */
export let duplicates: u32 = 0;

/** Pieces of lines: where each begins, and its bytes. They may be read 15 bytes beyond their end. */
export let pieceAt: usize = 0;
export let pieceBytes: usize = 0;
/** Pieces by class, by group, by fault (none, then during and after each), and those of each field. */
export let heads: u32 = 0;
export let name: u32 = 0;
export let groupPieces: u32 = 0;
export let groups: u32 = 0;
export let tails: u32 = 0;
export let partitionKey: u32 = 0;
export let positionKey: u32 = 0;
export let receivedKey: u32 = 0;
export let flaggedKey: u32 = 0;
export let sentKey: u32 = 0;
export let settledKey: u32 = 0;

/** Where the next line goes; none begins at or beyond `outLimit`. */
export let out: usize = 0;
export let outLimit: usize = 0;

/** Several faults overlap. */
const several: u32 = 0xffffffff;

/** Of rows [from, end): the first that it left. */
export function run(from: u32, end: u32): u32 {
  for (let index = from; index < end; index += 1) {
    if (out >= outLimit) return index;
    const row = load<u32>(rows + (index << 2));
    const inBlock = row & ((1 << blockBits) - 1);
    const note = (load<u32>(blocks + ((row >> blockBits) << 2)) as usize) + inBlock * recordBytes;
    const watched = watchedRow(seqOf(note));
    if (watched < 0 || groupOf(note) >= groups || load<i32>(rowAttempts + (watched << 2)) === 0) return index;
    const sentNs = load<f64>(rowSentNs + (watched << 3));
    const settled = load<f64>(rowSettledNs + (watched << 3));
    const settledNs = settled < 0 ? lastNs : settled;
    const kind = kindOf(note);
    const isAgain = kind === again;
    const tail = tailOf(isAgain ? settledNs : sentNs, isAgain ? (timeOf(note) as f64) : settledNs);
    if (tail === several || (tail === 0 ? 0 : 1) > load<i32>(heaviest + (kind << 2))) return index;
    if (tail !== 0) store<u32>(attributed + (kind << 2), load<u32>(attributed + (kind << 2)) + 1);
    out = line(out, note, kind, sentNs, settledNs, tail);
  }
  return end;
}

function line(from: usize, note: usize, kind: u32, sentNs: f64, settledNs: f64, tail: u32): usize {
  let at = piece(piece(from, heads + kind), name);
  at = piece(digits(at, seqOf(note)), groupPieces + groupOf(note));
  const partition = partitionOf(note);
  if (partition !== none16) at = digits(piece(at, partitionKey), partition);
  const position = positionOf(note);
  if (position !== noPosition) at = digits(piece(at, positionKey), position);
  at = digits(piece(at, receivedKey), timeOf(note));
  if (((duplicates >> kind) & 1) !== 0) at = piece(at, flaggedKey + (load<u8>(note, 1) & 1));
  at = digits(piece(at, sentKey), sentNs as u64);
  at = digits(piece(at, settledKey), settledNs as u64);
  return piece(at, tails + tail);
}

/** Copies more than there is: what comes next lies over it. */
function piece(to: usize, which: u32): usize {
  const begin = load<u32>(pieceAt + (which << 2));
  const length = load<u32>(pieceAt + (which << 2), 4) - begin;
  const from = pieceBytes + begin;
  for (let done: u32 = 0; done < length; done += 16) v128.store(to + done, v128.load(from + done));
  return to + length;
}

/** -1 for a message that has no row. */
function watchedRow(seq: u32): i32 {
  let row = load<i32>(lastRows + ((base + (seq >> 5)) << 2)) - 1;
  while (row >= 0 && load<u8>(rowBits + row) !== (seq & 31)) row = load<i32>(rowsBefore + (row << 2)) - 1;
  return row;
}

/** 0: no fault. The one in force from then to then, else the next that took hold; see audit/attribution.ts. */
function tailOf(fromNs: f64, toNs: f64): u32 {
  let found: u32 = 0;
  for (let fault: u32 = 0; fault < faults; fault += 1) {
    if (load<f64>(faultFromNs + (fault << 3)) > toNs || load<f64>(faultToNs + (fault << 3)) < fromNs) continue;
    if (found !== 0) return several;
    found = 1 + fault * 2;
  }
  if (found !== 0) return found;
  for (let fault: u32 = 0; fault < faults; fault += 1) {
    if (load<f64>(faultHeldNs + (fault << 3)) >= toNs) return 2 + fault * 2;
  }
  return 0;
}

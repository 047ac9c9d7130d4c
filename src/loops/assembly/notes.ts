/**
 * Writes lines about rows of notes. Stops at a message that is not on the watchlist or overlaps too many faults, and at
 * a line that would become an example of its class. audit/findings/listing.ts defines what the lines mean, and writes
 * those at which the loop stops.
 */
import { digits } from './digits';
import {
  endOfLine,
  goOn,
  isPlain,
  name,
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
import {
  groupOf,
  kindOf,
  none8,
  none16,
  noPosition,
  partitionOf,
  positionOf,
  recordBytes,
  seqOf,
  timeOf,
} from './record';

export * from './lines';

/** The numbers of one producer's rows, and the address of each block of 2 ** blockBits rows. A row is a record. */
export let rows: usize = 0;
export let blocks: usize = 0;
export let blockBits: u32 = 0;

/** The class `duplicate-delivered`: a fault that causes it acts between the ack and the second delivery. */
export let again: u32 = 0;
/** A bit for each class whose lines say whether the broker flagged the delivery. */
export let duplicates: u32 = 0;

/** The numbers of the first pieces of lines (by class), of the pieces with the group, and of two keys. */
export let heads: u32 = 0;
export let groupPieces: u32 = 0;
export let groups: u32 = 0;
export let receivedKey: u32 = 0;
export let flaggedKey: u32 = 0;

/** Its findings may be any fault's. See audit/windows/sides.ts. */
const anySide: u32 = 15;

/** Writes lines for rows [from, end). Returns the first row that it left; `end` if none. */
export function run(from: u32, end: u32): u32 {
  for (let index = from; index < end; index += 1) {
    if (out >= outLimit) return index;
    const row = load<u32>(rows + (index << 2));
    const inBlock = row & ((1 << blockBits) - 1);
    const note = (load<u32>(blocks + ((row >> blockBits) << 2)) as usize) + inBlock * recordBytes;
    const watched = watchedRow(seqOf(note));
    if (watched < 0 || groupSlot(note) > groups) return index;
    const kind = kindOf(note);
    const isAgain = kind === again;
    const sentNs = sentNsOf(watched);
    const settledNs = settledNsOf(watched);
    const fromNs = isAgain ? settledNs : sentNs;
    const seenNs = timeOf(note) as f64;
    const toNs = isAgain ? seenNs : settledNs;
    const tail = tailOf(fromNs, toNs, anySide, seenNs);
    if (!isPlain(kind, 0, tail)) return index;
    goOn(endOfLine(line(out, note, kind, sentNs, settledNs), tail, fromNs, toNs, anySide));
  }
  return end;
}

/**
 * The number of the group's piece. The piece for the independent reader, which is in no group, comes after the groups'.
 */
function groupSlot(note: usize): u32 {
  const group = groupOf(note);
  return group === none8 ? groups : group < groups ? group : groups + 1;
}

function line(from: usize, note: usize, kind: u32, sentNs: f64, settledNs: f64): usize {
  let at = piece(piece(from, heads + kind), name);
  at = piece(digits(at, seqOf(note)), groupPieces + groupSlot(note));
  const partition = partitionOf(note);
  if (partition !== none16) at = whole(at, partitionKey, partition);
  const position = positionOf(note);
  if (position !== noPosition) at = whole(at, positionKey, position);
  at = whole(at, receivedKey, timeOf(note));
  if (((duplicates >> kind) & 1) !== 0) at = piece(at, flaggedKey + (load<u8>(note, 1) & 1));
  at = whole(at, sentKey, sentNs as u64);
  return whole(at, settledKey, settledNs as u64);
}

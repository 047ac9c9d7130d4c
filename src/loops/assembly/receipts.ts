/**
 * Takes the usual records of a consumer's journal: first receipts without flags at a new position, even after a later
 * message, and repeats of a message at a position that the group was given before. Stops at any other record.
 * audit/history/receipts.ts defines what the records mean, and takes those at which the loop stops.
 */
import { add, count, countInBin } from './histogram';
import {
  amountOf,
  deedOf,
  epochOf,
  groupOf,
  noPosition,
  partitionOf,
  positionOf,
  producerOf,
  received,
  recordBytes,
  redelivered,
  seqOf,
  sessionOf,
  timeOf,
} from './record';

/** By producer: its first word in every plane, and the first sequence that it never attempted. */
export let bases: usize = 0;
export let tops: usize = 0;

/** The number of the group, and the plane of the messages that it received. */
export let group: u32 = 0;
export let deliveredBits: usize = 0;

/** The arrays of the group's `Copies`. If `compare` is 0, neither positions nor the order are checked. */
export let compare: u32 = 0;
export let epochs: usize = 0;
export let sets: usize = 0;
export let lastPages: usize = 0;
export let lastAddresses: usize = 0;
/**
 * 1: some message was received at a place that compares with nothing, so that the kind of a repeat may be undecided.
 */
export let vague: u32 = 0;

/**
 * Planes of the group's noted messages and the classes they are noted with: delivered again, and after a later message.
 */
export let againBits: usize = 0;
export let againKind: u32 = 0;
export let behindBits: usize = 0;
export let behindKind: u32 = 0;
/** The address of the next row of notes, and the end of the room for rows. */
export let noteAt: usize = 0;
export let noteEnd: usize = 0;
/** The number of repeats that the loop took, and how many of them the broker flagged as redelivered. */
export let repeats: u32 = 0;
export let flagged: u32 = 0;

/**
 * The arrays of `Order`: by partition, the session that saw it last and the address of its watermarks; by producer, its
 * column.
 */
export let sessions: usize = 0;
export let watermarks: usize = 0;
export let columns: usize = 0;

/** The buckets of `Instants`, of 2 ** widthBits ns each, for times below `endNs`. */
export let instants: usize = 0;
export let widthBits: u32 = 0;
export let endNs: f64 = 0;
/** The counts of the histogram of latencies. */
export let latency: usize = 0;
/** The bins of `TimeBins`, of 2 ** binBits ns each: the counters of history/receipts.ts, then a histogram of latencies. */
export let bins: usize = 0;
export let binBits: u32 = 0;

const pageBits: u32 = 10;
/** Offsets in a row of the bins. */
const binReceived: u32 = 0;
const binExtra: u32 = 4;
const binLatency: u32 = 8;
const binBytes: u32 = binLatency + 240 * 4;
/** Kind and code of a receipt that the broker flagged as redelivered. */
const receivedAgain: u32 = received | (redelivered << 8);

export function run(from: usize, end: usize): usize {
  const lastNs = endNs as u64;
  let at = from;
  // the counters of one bin, which nearly all neighbours share
  let bin = bins;
  let binNow: u64 = 0;
  let taken: u32 = 0;
  let extra: u32 = 0;
  for (; at < end; at += recordBytes) {
    const deed = deedOf(at);
    if ((deed !== received && deed !== receivedAgain) || groupOf(at) !== group) break;
    const producer = producerOf(at);
    const seq = seqOf(at);
    const atNs = timeOf(at);
    if ((seq as f64) >= load<f64>(tops + (producer << 3)) || atNs >= lastNs) break;
    if (atNs >> binBits !== binNow) {
      countReceipts(bin, taken, extra);
      taken = extra = 0;
      binNow = atNs >> binBits;
      bin = bins + (binNow as u32) * binBytes;
    }
    const offset = (load<u32>(bases + (producer << 2)) + (seq >> 5)) << 2;
    const word = deliveredBits + offset;
    const before = load<u32>(word);
    const bit: u32 = 1 << (seq & 31);
    const again = (before & bit) !== 0;
    if (compare === 0) {
      if (again || deed !== received) break;
    } else {
      const partition = partitionOf(at) << 2;
      const epoch = epochOf(at);
      const position = positionOf(at);
      const page = pageWordOf(partition, epoch, position);
      const place: u32 = 1 << ((position as u32) & 31);
      if (page === 0) break;
      const seen = (load<u32>(page) & place) !== 0;
      if (again) {
        if (!seen || vague !== 0 || noteAt === noteEnd) break;
        repeats += 1;
        if (deed !== received) flagged += 1;
        note(at, againBits + offset, bit, againKind);
        store<u8>(instants + ((atNs >> widthBits) as u32), 1);
        taken += 1;
        extra += 1;
        continue;
      }
      if (seen || deed !== received) break;
      const mark = markOf(sessionOf(at), partition, epoch, producer);
      if (mark === 0) break;
      if ((seq as f64) < load<f64>(mark)) {
        // a message that was sent again was reordered by its producer
        if (noteAt === noteEnd || (amountOf(at) & 15) > 1) break;
        note(at, behindBits + offset, bit, behindKind);
      } else store<f64>(mark, seq as f64);
      store<u32>(page, load<u32>(page) | place);
    }
    store<u32>(word, before | bit);
    store<u8>(instants + ((atNs >> widthBits) as u32), 1);
    const delay = (amountOf(at) >> 4) << 4;
    count(latency, delay);
    taken += 1;
    countInBin(bin + binLatency, delay);
  }
  countReceipts(bin, taken, extra);
  return at;
}

function countReceipts(bin: usize, taken: u32, extra: u32): void {
  add(bin + binReceived, taken);
  add(bin + binExtra, extra);
}

/** Adds a row of notes for the message, if it has none. */
function note(at: usize, noted: usize, bit: u32, kind: u32): void {
  const before = load<u32>(noted);
  if ((before & bit) !== 0) return;
  store<u32>(noted, before | bit);
  v128.store(noteAt, v128.load(at));
  v128.store(noteAt, v128.load(at, 16), 16);
  store<u8>(noteAt, kind as u8);
  noteAt += recordBytes;
}

/** The address of the word with the bit of a position; 0 if it is not on the last two pages of its partition. */
function pageWordOf(partition: u32, epoch: i32, position: u64): usize {
  if (load<i32>(epochs + partition) !== epoch || position === noPosition) return 0;
  const set = load<u32>(sets + partition) * 2 + (((position >> pageBits) as u32) & 1);
  if (load<f64>(lastPages + (set << 3)) !== ((position >> pageBits) as i64 as f64)) return 0;
  return load<u32>(lastAddresses + (set << 2)) + ((((position as u32) & 1023) >> 5) << 2);
}

/** The address of the producer's watermark; 0 if the partition was last seen by another session or in another epoch. */
function markOf(session: i32, partition: u32, epoch: i32, producer: u32): usize {
  if (load<i32>(sessions + partition) !== session) return 0;
  const row = load<u32>(watermarks + partition) as usize;
  if (load<f64>(row) !== (epoch as f64)) return 0;
  return row + (load<u32>(columns + (producer << 2)) << 3);
}

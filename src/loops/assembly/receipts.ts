/**
 * Takes what nearly all records of a consumer's journal are, until one is something else: a first receipt without flags,
 * at a fresh place, also behind a later message; or one that repeats its message at a place that was seen before. What
 * they mean is in audit/history/receipts.ts, which takes the others.
 */
import { count } from './histogram';
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

/** Of the layout: first word, and first sequence that was never attempted, of each producer. */
export let bases: usize = 0;
export let tops: usize = 0;

/** Of one group: its number, and the plane of what it received. */
export let group: u32 = 0;
export let deliveredBits: usize = 0;

/** Of its `Copies`; without `compare` neither places nor order are looked at. */
export let compare: u32 = 0;
export let epochs: usize = 0;
export let sets: usize = 0;
export let lastPages: usize = 0;
export let lastAddresses: usize = 0;
/** 1: some message was received at a place that compares with nothing, so that not every repeat can be told. */
export let vague: u32 = 0;

/** What is noted of the group's messages, and as what: those given again, and those behind a later one. */
export let againBits: usize = 0;
export let againKind: u32 = 0;
export let behindBits: usize = 0;
export let behindKind: u32 = 0;
/** Where the next row of notes goes, and where there is no more room. */
export let noteAt: usize = 0;
export let noteEnd: usize = 0;
/** Repeats that were taken, and those of them that the broker flagged. */
export let repeats: u32 = 0;
export let flagged: u32 = 0;

/** Of `Order`: the session that saw a partition last, the address of its watermarks, and the column of each producer. */
export let sessions: usize = 0;
export let watermarks: usize = 0;
export let columns: usize = 0;

/** Of `Instants`: buckets of 2 ** widthBits ns, below `endNs`. */
export let instants: usize = 0;
export let widthBits: u32 = 0;
export let endNs: f64 = 0;
/** Counts of a histogram. */
export let latency: usize = 0;

const pageBits: u32 = 10;
/** With the flag of a broker that knows that it delivered this before. */
const receivedAgain: u32 = received | (redelivered << 8);

export function run(from: usize, end: usize): usize {
  const lastNs = endNs as u64;
  let at = from;
  for (; at < end; at += recordBytes) {
    const deed = deedOf(at);
    if ((deed !== received && deed !== receivedAgain) || groupOf(at) !== group) break;
    const producer = producerOf(at);
    const seq = seqOf(at);
    const atNs = timeOf(at);
    if ((seq as f64) >= load<f64>(tops + (producer << 3)) || atNs >= lastNs) break;
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
        continue;
      }
      if (seen || deed !== received) break;
      const mark = markOf(sessionOf(at), partition, epoch, producer);
      if (mark === 0) break;
      if ((seq as f64) < load<f64>(mark)) {
        if (noteAt === noteEnd || (amountOf(at) & 15) > 1) break; // what was sent again, its producer put behind
        note(at, behindBits + offset, bit, behindKind);
      } else store<f64>(mark, seq as f64);
      store<u32>(page, load<u32>(page) | place);
    }
    store<u32>(word, before | bit);
    store<u8>(instants + ((atNs >> widthBits) as u32), 1);
    count(latency, (amountOf(at) >> 4) << 4);
  }
  return at;
}

/** A row for the message, if it has none. */
function note(at: usize, noted: usize, bit: u32, kind: u32): void {
  const before = load<u32>(noted);
  if ((before & bit) !== 0) return;
  store<u32>(noted, before | bit);
  v128.store(noteAt, v128.load(at));
  v128.store(noteAt, v128.load(at, 16), 16);
  store<u8>(noteAt, kind as u8);
  noteAt += recordBytes;
}

/** Address of the word that a place has a bit in; 0 where that is not on one of the pages that its partition had last. */
function pageWordOf(partition: u32, epoch: i32, position: u64): usize {
  if (load<i32>(epochs + partition) !== epoch || position === noPosition) return 0;
  const set = load<u32>(sets + partition) * 2 + (((position >> pageBits) as u32) & 1);
  if (load<f64>(lastPages + (set << 3)) !== ((position >> pageBits) as i64 as f64)) return 0;
  return load<u32>(lastAddresses + (set << 2)) + ((((position as u32) & 1023) >> 5) << 2);
}

/** Address of the producer's watermark; 0 when the partition was seen by another session, or in another epoch, last. */
function markOf(session: i32, partition: u32, epoch: i32, producer: u32): usize {
  if (load<i32>(sessions + partition) !== session) return 0;
  const row = load<u32>(watermarks + partition) as usize;
  if (load<f64>(row) !== (epoch as f64)) return 0;
  return row + (load<u32>(columns + (producer << 2)) << 3);
}

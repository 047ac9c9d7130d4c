/**
 * Takes the usual records of a producer's journal: first attempts, and acks that leave no doubt. Stops at any other
 * record. audit/history/sends.ts defines what the records mean, and takes those at which the loop stops.
 */
import { add, count, countInBin } from './histogram';
import {
  acked,
  amountOf,
  attemptOf,
  deedOf,
  intended,
  none16,
  noPosition,
  outcome,
  partitionOf,
  positionOf,
  producerOf,
  recordBytes,
  seqOf,
  sessionOf,
  timeOf,
} from './record';
import {
  lastRows,
  rowAttempts,
  rowBits,
  rowOf,
  rowPartitions,
  rowPositions,
  rowSentNs,
  rowSettledNs,
  rowsBefore,
} from './watchlist';

export * from './watchlist';

export let producer: u32 = 0;
/** The producer's first word in every plane, and the first sequence beyond the planes. */
export let base: u32 = 0;
export let top: u32 = 0;
/** The next sequence to be attempted; the loop counts it up. */
export let next: u32 = 0;

/** The planes of acked, watched and doubtful messages. */
export let ackedBits: usize = 0;
export let watchedBits: usize = 0;
export let doubtBits: usize = 0;

/**
 * 0: the log was not read. 1: the arrays of `Doubts` below say which attempts and acks leave a doubt. 2: retention
 * removed part of the log, so that JavaScript has to judge every ack.
 */
export let doubting: u32 = 0;
export let attemptDoubts: usize = 0;
export let readAtNs: usize = 0;
export let fromPosition: usize = 0;

/**
 * The arrays of `AckTimes`: buckets with five columns each, of 2 ** widthBits ns, and the last attempt by partition.
 */
export let cells: usize = 0;
export let lastAttempts: usize = 0;
export let partitions: u32 = 1;
/** 1: an ack without a partition was seen before. The loop stops at the first one, so that `AckTimes` learns of it. */
export let placeless: u32 = 0;
export let widthBits: u32 = 0;
export let endNs: f64 = 0;

/**
 * The attempts in flight, by their sequence modulo `flights`. A row is the first half of the record that began the
 * attempt, with the partition in the place of the session. The first word is 0 if no attempt is in flight.
 */
export let flying: usize = 0;
export let flights: u32 = 1;
/** The number of rows in the watchlist, and the number for which there is room. */
export let watchRows: u32 = 0;
export let watchRoom: u32 = 0;

/** The counts of the histogram of latencies. */
export let latency: usize = 0;
/** The bins of `TimeBins`, of 2 ** binBits ns each: the counters of history/sends.ts, then a histogram of latencies. */
export let bins: usize = 0;
export let binBits: u32 = 0;

/** No position, as the watchlist's column of positions has it. */
const noPlace: f64 = noPosition as f64;
const ackedOutcome: u32 = outcome | (acked << 8);
const flightBytes: u32 = 16;
const cellBytes: u32 = 40;

/** Offsets in a row of the bins. */
const binAttempts: u32 = 0;
const binAcked: u32 = 4;
const binEnded: u32 = 8;
const binLatency: u32 = 28;
const binBytes: u32 = binLatency + 240 * 4;

export function run(from: usize, end: usize): usize {
  const lastNs = endNs as u64;
  let seqNext = next;
  let at = from;
  // the counters of one bin, which nearly all neighbours share
  let bin = bins;
  let binNow: u64 = 0;
  let begun: u32 = 0;
  let acks: u32 = 0;
  let ended: u32 = 0;
  for (; at < end; at += recordBytes) {
    const deed = deedOf(at);
    const seq = seqOf(at);
    const atNs = timeOf(at);
    if (producerOf(at) !== producer || atNs >= lastNs) break;
    const partition = partitionOf(at);
    const flight = flying + (seq & (flights - 1)) * flightBytes;
    const time = atNs as i64 as f64;
    if (atNs >> binBits !== binNow) {
      countSends(bin, begun, acks, ended);
      begun = acks = ended = 0;
      binNow = atNs >> binBits;
      bin = bins + (binNow as u32) * binBytes;
    }
    if (deed === intended) {
      if (seq !== seqNext || seq >= top || attemptOf(at) !== 1) break;
      if (doubting !== 0 && load<u8>(attemptDoubts + partition) !== 0) break;
      seqNext += 1;
      begun += 1;
      attempt(partition, atNs, time);
      v128.store(flight, v128.load(at));
      store<u16>(flight, partition as u16, 14);
    } else {
      if (deed !== ackedOutcome || seq >= seqNext || (partition >= partitions && placeless === 0)) break;
      const word = (base + (seq >> 5)) << 2;
      const bit: u32 = 1 << (seq & 31);
      if (doubting !== 0) {
        if ((load<u32>(doubtBits + word) & bit) !== 0 || doubting > 1) break;
        if (isDoubtful(partition, positionOf(at), time)) break;
      }
      const flies = load<u32>(flight) !== 0 && seqOf(flight) === seq;
      if ((load<u32>(watchedBits + word) & bit) !== 0) {
        if (!flies || watchRows === watchRoom || rowOf(word, seq & 31) >= 0) break;
        watch(word, seq & 31, flight, partition, positionOf(at), time);
      }
      if (flies) {
        store<u32>(flight, 0);
        ended += 1;
        latest(cellOf(flightPartition(flight), timeOf(flight)) + 24, time);
      }
      const ackedBefore = load<u32>(ackedBits + word);
      store<u32>(ackedBits + word, ackedBefore | bit);
      if ((ackedBefore & bit) === 0) acks += 1;
      count(latency, amountOf(at));
      countInBin(bin + binLatency, amountOf(at));
      const cell = cellOf(partition, atNs);
      if (time < load<f64>(cell)) store<f64>(cell, time);
      latest(cell + 8, time);
    }
  }
  countSends(bin, begun, acks, ended);
  next = seqNext;
  return at;
}

/** The partition of an attempt in flight, which is in the place of the session. */
function flightPartition(flight: usize): i32 {
  return sessionOf(flight);
}

/** Adds a row to the watchlist, for a message with one attempt, which is in flight, and with this ack. */
function watch(word: usize, bit: u32, flight: usize, partition: u32, position: u64, time: f64): void {
  const row = watchRows;
  watchRows = row + 1;
  store<i32>(rowsBefore + (row << 2), load<i32>(lastRows + word));
  store<i32>(lastRows + word, watchRows as i32);
  store<u8>(rowBits + row, bit as u8);
  store<i32>(rowAttempts + (row << 2), 1);
  store<f64>(rowSentNs + (row << 3), timeOf(flight) as i64 as f64);
  store<f64>(rowSettledNs + (row << 3), time);
  const placed = partition !== none16;
  store<f64>(rowPositions + (row << 3), placed ? (position as i64 as f64) : noPlace);
  store<i32>(rowPartitions + (row << 2), placed ? (partition as i32) : flightPartition(flight));
}

function attempt(partition: u32, atNs: u64, time: f64): void {
  latest(lastAttempts + (((partition < partitions ? partition : 0) as usize) << 3), time);
  const cell = cellOf(partition, atNs);
  if (time < load<f64>(cell, 16)) store<f64>(cell, time, 16);
}

function latest(cell: usize, time: f64): void {
  if (time > load<f64>(cell)) store<f64>(cell, time);
}

function cellOf(partition: u32, atNs: u64): usize {
  const row = partition < partitions ? partition : 0;
  return cells + (((atNs >> widthBits) as u32) * partitions + row) * cellBytes;
}

function countSends(bin: usize, begun: u32, acks: u32, ended: u32): void {
  add(bin + binAttempts, begun);
  add(bin + binAcked, acks);
  add(bin + binEnded, ended);
}

function isDoubtful(partition: u32, position: u64, time: f64): bool {
  const column = (partition as usize) << 3;
  if (time > load<f64>(readAtNs + column)) return true;
  const first = load<f64>(fromPosition + column);
  const place = position as i64 as f64;
  return first > 0 && (position === noPosition || place < first);
}

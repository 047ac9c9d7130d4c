/**
 * Goes through what a partition was asked and acked, bucket by bucket, until a bucket ends a wait of which somebody has
 * to hear. What it means is in audit/windows/outages.ts, which takes those buckets, and in audit/checks/availability.ts.
 */

/** Between a partition's buckets. */
export let strideBytes: u32 = 0;
/** Of the partition: since when somebody waits (-1: nobody does), its last ack, and the last ends of attempts. */
export let fromNs: f64 = -1;
export let ackNs: f64 = -1;
export let answeredNs: f64 = -1;
export let diedNs: f64 = -1;

/** Faults, from when to when they are in force, and the longest wait that each is known to have made. */
export let faults: u32 = 0;
export let faultFromNs: usize = 0;
export let faultToNs: usize = 0;
export let longestNs: usize = 0;
/** The longest wait that no fault made. */
export let usualNs: f64 = 0;

export function run(from: usize, end: usize): usize {
  let at = from;
  for (; at < end; at += strideBytes) {
    const firstAckNs = load<f64>(at);
    const lastAckNs = load<f64>(at, 8);
    const tryNs = load<f64>(at, 16);
    const acked = lastAckNs >= 0;
    let since = fromNs;
    if (tryNs !== f64.POSITIVE_INFINITY && !(acked && tryNs > firstAckNs)) {
      if (diedNs > answeredNs && tryNs > diedNs) break;
      if (since < 0) since = tryNs;
    }
    if (acked) {
      if (since >= 0 && firstAckNs > since) {
        const seen = seenBy(since, firstAckNs);
        if (seen === news) break;
        if (seen === nobody) usualNs = max(usualNs, firstAckNs - since);
      }
      since = -1;
    }
    answeredNs = max(answeredNs, load<f64>(at, 24));
    diedNs = max(diedNs, load<f64>(at, 32));
    if (acked) {
      ackNs = lastAckNs;
      if (max(answeredNs, diedNs) > lastAckNs) since = lastAckNs;
      else if (tryNs !== f64.POSITIVE_INFINITY && tryNs > lastAckNs) since = tryNs;
    }
    fromNs = since;
  }
  return at;
}

/** Whom a gap overlaps: no fault; faults that are known to have made one as long; one that is not. */
const nobody: u32 = 0;
const known: u32 = 1;
const news: u32 = 2;

function seenBy(since: f64, toNs: f64): u32 {
  const silentNs = ackNs < 0 ? since : ackNs;
  const untilNs = max(toNs, since + 1);
  let seen = nobody;
  for (let fault: u32 = 0; fault < faults; fault += 1) {
    const row = (fault as usize) << 3;
    if (load<f64>(faultFromNs + row) >= untilNs || load<f64>(faultToNs + row) <= silentNs) continue;
    if (toNs - since > load<f64>(longestNs + row)) return news;
    seen = known;
  }
  return seen;
}

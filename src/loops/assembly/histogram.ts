/** Counts one value in a histogram with the buckets of audit/structures/histogram.ts. */
const mantissaBits: u32 = 10;
/** Of the histograms of audit/structures/time-bins.ts. */
const binMantissaBits: u32 = 3;

export function count(counts: usize, value: u32): void {
  add(counts + (bucketOf(value, mantissaBits) << 2), 1);
}

/** The same in the histogram of a bin of time. */
export function countInBin(counts: usize, value: u32): void {
  add(counts + (bucketOf(value, binMantissaBits) << 2), 1);
}

export function add(at: usize, more: u32): void {
  store<u32>(at, load<u32>(at) + more);
}

function bucketOf(value: u32, bits: u32): u32 {
  if (value < (<u32>2) << bits) return value;
  const shift = 31 - bits - clz(value);
  return (shift << bits) + (value >> shift);
}

/** Counts one value in a histogram with the buckets of audit/structures/histogram.ts. */
const mantissaBits: u32 = 10;

export function count(counts: usize, value: u32): void {
  const at = counts + (bucketOf(value) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

function bucketOf(value: u32): u32 {
  if (value < 1 << (mantissaBits + 1)) return value;
  const shift = 31 - mantissaBits - clz(value);
  return (shift << mantissaBits) + (value >> shift);
}

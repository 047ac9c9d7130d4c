/** Rows of audit/fates/watchlist.ts: the last one of each word, plus one, and the columns. */
export let lastRows: usize = 0;
export let rowsBefore: usize = 0;
export let rowBits: usize = 0;
export let rowSentNs: usize = 0;
export let rowSettledNs: usize = 0;
export let rowPositions: usize = 0;
export let rowPartitions: usize = 0;
export let rowAttempts: usize = 0;

/** Row of a message, by the offset of its word in a plane and its bit; -1 where it has none. */
export function rowOf(word: usize, bit: u32): i32 {
  let row = load<i32>(lastRows + word) - 1;
  while (row >= 0 && load<u8>(rowBits + row) !== bit) row = load<i32>(rowsBefore + ((row as usize) << 2)) - 1;
  return row;
}

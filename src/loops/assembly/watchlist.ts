/** The arrays of audit/fates/watchlist.ts: by word, its latest row plus one; and the columns of the rows. */
export let lastRows: usize = 0;
export let rowsBefore: usize = 0;
export let rowBits: usize = 0;
export let rowSentNs: usize = 0;
export let rowSettledNs: usize = 0;
export let rowPositions: usize = 0;
export let rowPartitions: usize = 0;
export let rowAttempts: usize = 0;

/** The row of a message, by the byte offset of its word in a plane and by its bit; -1 if it has none. */
export function rowOf(word: usize, bit: u32): i32 {
  let row = load<i32>(lastRows + word) - 1;
  while (row >= 0 && load<u8>(rowBits + row) !== bit) row = load<i32>(rowsBefore + ((row as usize) << 2)) - 1;
  return row;
}

/**
 * CRC-32C, sixteen bytes a step: for each of them a table says what it adds to the checksum by the end of the step. The
 * sixteen tables of 256 numbers stand at 0, that of the last byte first; the data stands behind them.
 */

/** Carries a checksum, without its last inversion, on over the bytes from `at` to `end`. */
export function extend(crc: u32, at: usize, end: usize): u32 {
  while (at + 16 <= end) {
    const first = load<u64>(at) ^ (crc as u64);
    const second = load<u64>(at, 8);
    crc =
      entry(15, first) ^
      entry(14, first >> 8) ^
      entry(13, first >> 16) ^
      entry(12, first >> 24) ^
      entry(11, first >> 32) ^
      entry(10, first >> 40) ^
      entry(9, first >> 48) ^
      entry(8, first >> 56) ^
      entry(7, second) ^
      entry(6, second >> 8) ^
      entry(5, second >> 16) ^
      entry(4, second >> 24) ^
      entry(3, second >> 32) ^
      entry(2, second >> 40) ^
      entry(1, second >> 48) ^
      entry(0, second >> 56);
    at += 16;
  }
  for (; at < end; at++) crc = (crc >> 8) ^ entry(0, (crc ^ load<u8>(at)) as u64);
  return crc;
}

/** What a byte adds that is followed by so many others in its step. */
function entry(followedBy: usize, byte: u64): u32 {
  return load<u32>((followedBy << 10) + (((byte & 0xff) as usize) << 2));
}

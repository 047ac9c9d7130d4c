/** CRC-32C (Castagnoli), which Kafka puts over a record batch; eight bytes a step ("slicing by 8"). */
export function crc32c(data: Buffer, start = 0, end = data.length): number {
  let crc = 0xffffffff;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const low = crc ^ data.readInt32LE(at);
    crc =
      entry(7, low & 0xff) ^
      entry(6, (low >>> 8) & 0xff) ^
      entry(5, (low >>> 16) & 0xff) ^
      entry(4, low >>> 24) ^
      entry(3, data[at + 4] ?? 0) ^
      entry(2, data[at + 5] ?? 0) ^
      entry(1, data[at + 6] ?? 0) ^
      entry(0, data[at + 7] ?? 0);
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ entry(0, (crc ^ (data[at] ?? 0)) & 0xff);
  return (crc ^ 0xffffffff) >>> 0;
}

const table = buildTable();

function entry(slice: number, byte: number): number {
  return table[slice * 256 + byte] ?? 0;
}

function buildTable(): Int32Array {
  const built = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    built[byte] = crc;
  }
  for (let index = 256; index < built.length; index++) {
    const previous = built[index - 256] ?? 0;
    built[index] = (previous >>> 8) ^ (built[previous & 0xff] ?? 0);
  }
  return built;
}

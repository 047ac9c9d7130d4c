/** What `scanRecords` tells of each record: its distance from the batch's base offset and base time. */
export type SeenRecord = (offsetDelta: number, timestampDelta: number) => void;

/**
 * Goes through the records of a batch of magic 2, decompressed, and checks all lengths and offsets, so that every client can
 * read what is stored. Keys and values are passed over.
 * @param count how many there must be
 * @returns why they are not such records, if so
 */
export function scanRecords(content: Buffer, count: number, seen: SeenRecord): string | undefined {
  const bytes = new Varints(content);
  for (let index = 0; index < count; index++) {
    const length = bytes.varint();
    const end = bytes.at + length;
    if (length < 0 || !(end <= content.length)) return `record ${index} of ${length} bytes`;
    bytes.at += 1; // attributes, which have no meaning yet
    const timestampDelta = bytes.varlong();
    const offsetDelta = bytes.varint();
    if (offsetDelta !== index) return `record ${index} has offset delta ${offsetDelta}`;
    if (!bytes.skipNullable() || !bytes.skipNullable()) return `record ${index}: bad key or value`;
    const headers = bytes.varint();
    if (!(headers >= 0) || headers > length) return `record ${index} with ${headers} headers`;
    for (let header = 0; header < headers; header++) {
      if (!bytes.skipBytes(bytes.varint()) || !bytes.skipNullable()) return `record ${index}: bad header`;
    }
    if (bytes.at !== end) return `record ${index} of ${length} bytes does not end there`;
    seen(offsetDelta, timestampDelta);
  }
  return bytes.at === content.length ? undefined : `${content.length - bytes.at} bytes behind the last record`;
}

/** Zigzag integers as in protocol buffers. Past the end of the data, or for one that is too long, they are NaN. */
class Varints {
  at = 0;
  readonly #data: Buffer;

  constructor(data: Buffer) {
    this.#data = data;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#data[this.at++];
      if (byte === undefined) return Number.NaN;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    return Number.NaN;
  }

  /** Exact up to 2^53, and at least as great as that beyond. */
  varlong(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#data[this.at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    return Number.NaN;
  }

  /** Passes over bytes behind their length; -1 is null. */
  skipNullable(): boolean {
    const length = this.varint();
    return length === -1 || this.skipBytes(length);
  }

  skipBytes(length: number): boolean {
    this.at += length;
    return length >= 0;
  }
}

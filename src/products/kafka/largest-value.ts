/**
 * A batch of one message is longer than its value: 61 bytes of header (KIP-98), and around the value a record with up to four
 * bytes for each of two lengths, and one each for attributes, time, offset, key and headers.
 */
const aroundBytes = 61 + 2 * 4 + 5;

/** The largest value that a message of ours may have where a batch may have so many bytes. */
export function largestValueOf(batchBytes: number, setting: string) {
  return { bytes: batchBytes - aroundBytes, because: `${setting} ${batchBytes}` };
}

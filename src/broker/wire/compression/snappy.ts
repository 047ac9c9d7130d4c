import { Malformed, Reader } from '../reader.ts';
import { Output } from './output.ts';

/** The head of snappy-java's stream, in which Java clients send their blocks: magic, then version and compatible version. */
const streamMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const streamHeadBytes = 16;

/** A single block (librdkafka, Go), or blocks in the stream of snappy-java, each behind its length. */
export function decompressSnappy(data: Buffer, limitBytes: number): Buffer {
  if (data.length < streamHeadBytes || !data.subarray(0, 8).equals(streamMagic)) return block(data, limitBytes);
  const output = new Output(limitBytes, data.length * 4);
  const reader = new Reader(data, streamHeadBytes);
  while (reader.remaining > 0) output.append(block(reader.take(reader.int32()), limitBytes));
  return output.finish();
}

/** The format is Snappy's `format_description.txt`: the length, then literals and copies of what was there before. */
function block(data: Buffer, limitBytes: number): Buffer {
  const reader = new Reader(data);
  const sizeBytes = reader.uvarint();
  const output = new Output(limitBytes, Math.min(sizeBytes, data.length * 64));
  while (reader.remaining > 0) {
    const tag = reader.uint8();
    const kind = tag & 3;
    if (kind === 0) output.append(reader.take(1 + literalLength(reader, tag >> 2)));
    else if (kind === 1) output.repeat(((tag >> 5) << 8) | reader.uint8(), 4 + ((tag >> 2) & 7));
    else output.repeat(kind === 2 ? reader.uintLE(2) : reader.uintLE(4), 1 + (tag >> 2));
  }
  const found = output.finish();
  if (found.length !== sizeBytes) throw new Malformed(`${found.length} bytes where ${sizeBytes} are announced`);
  return found;
}

/** Less one. Lengths above 60 are in the 1 to 4 bytes that follow. */
function literalLength(reader: Reader, inTag: number): number {
  return inTag < 60 ? inTag : reader.uintLE(inTag - 59);
}

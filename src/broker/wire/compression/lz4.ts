import { Malformed, Reader } from '../reader.ts';
import { Output } from './output.ts';
import { xxh32 } from './xxh32.ts';

const frameMagic = 0x184d2204;
const flag = {
  independent: 0x20,
  blockChecksum: 0x10,
  contentSize: 0x08,
  contentChecksum: 0x04,
  reserved: 0x02,
  dictionary: 0x01,
} as const;
const storedBit = 0x8000_0000;

/**
 * One LZ4 frame (`lz4_Frame_format.md`), with all that clients check: its checksums, and the sizes that it announces. As in
 * Kafka, whose Java client reads no others, its blocks are independent.
 */
export function decompressLz4(data: Buffer, limitBytes: number): Buffer {
  const reader = new Reader(data);
  if (reader.uintLE(4) !== frameMagic) throw new Malformed('no LZ4 frame');
  const { flags, blockLimitBytes, contentBytes } = readDescriptor(reader);
  const output = new Output(limitBytes, data.length * 4);
  for (;;) {
    const head = reader.uintLE(4);
    if (head === 0) break;
    const block = reader.take(head % storedBit);
    const before = output.length;
    if (head >= storedBit) output.append(block);
    else decompressBlock(block, output, before);
    if (output.length - before > blockLimitBytes) throw new Malformed('LZ4 block larger than its frame allows');
    if (flags & flag.blockChecksum) check(reader, block);
  }
  const content = output.finish();
  if (flags & flag.contentChecksum) check(reader, content);
  if (contentBytes !== undefined && contentBytes !== content.length) throw new Malformed('LZ4 frame of another size');
  if (reader.remaining > 0) throw new Malformed(`${reader.remaining} bytes behind the LZ4 frame`);
  return content;
}

function readDescriptor(reader: Reader) {
  const start = reader.offset;
  const flags = reader.uint8();
  const sizes = reader.uint8();
  const isKnown = flags >> 6 === 1 && !(flags & (flag.reserved | flag.dictionary)) && flags & flag.independent;
  const sizeCode = sizes >> 4;
  if (!isKnown || sizes & 0x8f || sizeCode < 4) throw new Malformed(`LZ4 frame with flags ${flags} and ${sizes}`);
  const contentBytes = flags & flag.contentSize ? reader.uintLE(4) + reader.uintLE(4) * 2 ** 32 : undefined;
  const descriptor = reader.buffer.subarray(start, reader.offset);
  if (reader.uint8() !== ((xxh32(descriptor) >>> 8) & 0xff)) throw new Malformed('LZ4 frame whose head is damaged');
  // Codes 4 to 7: 64 KiB, 256 KiB, 1 MiB, 4 MiB.
  return { flags, blockLimitBytes: 2 ** (8 + 2 * sizeCode), contentBytes };
}

function check(reader: Reader, data: Buffer): void {
  if (reader.uintLE(4) !== xxh32(data)) throw new Malformed('LZ4 data with a wrong checksum');
}

/** Sequences of literals and a copy of what was there before; the last one has literals only (`lz4_Block_format.md`). */
function decompressBlock(block: Buffer, output: Output, start: number): void {
  const reader = new Reader(block);
  while (reader.remaining > 0) {
    const token = reader.uint8();
    output.append(reader.take(extended(reader, token >> 4)));
    if (reader.remaining === 0) return;
    const distance = reader.uintLE(2);
    if (distance > output.length - start) throw new Malformed('LZ4 block that needs the one before it');
    output.repeat(distance, 4 + extended(reader, token & 15));
  }
}

function extended(reader: Reader, inToken: number): number {
  if (inToken < 15) return inToken;
  for (let length = 15; ; ) {
    const more = reader.uint8();
    length += more;
    if (more < 255) return length;
  }
}

import { Malformed, Reader } from '../reader.ts';
import { Output } from './output.ts';

const frameMagic = 0x184d2204;
const flag = { blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionary: 0x01 } as const;
const storedBit = 0x8000_0000;

/** One LZ4 frame (`lz4_Frame_format.md`). Its checksums are left to clients: the batch has a stronger one of its own. */
export function decompressLz4(data: Buffer, limitBytes: number): Buffer {
  const reader = new Reader(data);
  if (reader.uintLE(4) !== frameMagic) throw new Malformed('no LZ4 frame');
  const flags = reader.uint8();
  if (flags >> 6 !== 1 || flags & flag.dictionary) throw new Malformed(`LZ4 frame with flags ${flags}`);
  reader.advance(1 + (flags & flag.contentSize ? 8 : 0) + 1);
  const output = new Output(limitBytes, data.length * 4);
  for (;;) {
    const head = reader.uintLE(4);
    if (head === 0) break;
    const block = reader.take(head % storedBit);
    if (head >= storedBit) output.append(block);
    else decompressBlock(block, output);
    if (flags & flag.blockChecksum) reader.advance(4);
  }
  if (flags & flag.contentChecksum) reader.advance(4);
  if (reader.remaining > 0) throw new Malformed(`${reader.remaining} bytes behind the LZ4 frame`);
  return output.finish();
}

/** Sequences of literals and a copy of what was there before; the last one has literals only (`lz4_Block_format.md`). */
function decompressBlock(block: Buffer, output: Output): void {
  const reader = new Reader(block);
  while (reader.remaining > 0) {
    const token = reader.uint8();
    output.append(reader.take(extended(reader, token >> 4)));
    if (reader.remaining === 0) return;
    const distance = reader.uintLE(2);
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

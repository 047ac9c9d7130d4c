import { Decompress } from 'fzstd';
import { Malformed, Reader } from '../reader.ts';
import { Output, TooLarge } from './output.ts';
import { lowerXxh64 } from './xxh64.ts';

const frameMagic = 0xfd2fb528;
/** Of sixteen kinds of frames that hold nothing for us: the last four bits tell them apart. */
const skippableMagic = 0x184d2a50;

/** One or more Zstandard frames (RFC 8878), each checked by its checksum if it has one. */
export function decompressZstd(data: Buffer, limitBytes: number): Buffer {
  const output = new Output(limitBytes, data.length * 4);
  const reader = new Reader(data);
  while (reader.remaining > 0) {
    const start = reader.offset;
    const magic = reader.uintLE(4);
    if (magic - (magic % 16) === skippableMagic) {
      reader.advance(reader.uintLE(4));
      continue;
    }
    if (magic !== frameMagic) throw new Malformed('no Zstandard frame');
    const { windowBytes, hasChecksum } = passHeader(reader);
    // The library would give it that without a question.
    if (windowBytes > limitBytes) throw new TooLarge(`a window of more than ${limitBytes} bytes`);
    passBlocks(reader);
    const checksum = hasChecksum ? reader.uintLE(4) : undefined;
    const from = output.length;
    decompressFrame(data.subarray(start, reader.offset), output);
    if (checksum !== undefined && lowerXxh64(output.finish().subarray(from)) !== checksum) {
      throw new Malformed('a Zstandard frame with a wrong checksum');
    }
  }
  return output.finish();
}

function decompressFrame(frame: Buffer, output: Output): void {
  let ended = false;
  const stream = new Decompress((some, final) => {
    output.append(some);
    ended = final === true;
  });
  stream.push(frame, true);
  if (!ended) throw new Malformed('Zstandard frame without an end');
}

/** What follows a frame's magic number, up to its first block. */
function passHeader(reader: Reader): { readonly windowBytes: number; readonly hasChecksum: boolean } {
  const descriptor = reader.uint8();
  const hasChecksum = (descriptor & 4) !== 0;
  const isSingle = (descriptor & 0x20) !== 0;
  const window = isSingle ? 0 : reader.uint8();
  reader.advance([0, 1, 2, 4][descriptor & 3] ?? 0);
  const kind = descriptor >> 6;
  const sizeBytes = kind === 0 ? (isSingle ? 1 : 0) : 2 ** kind;
  const size = sizeBytes === 0 ? 0 : reader.uintLE(Math.min(sizeBytes, 4));
  const high = sizeBytes === 8 ? reader.uintLE(4) * 2 ** 32 : 0;
  const base = 2 ** (10 + (window >> 3));
  return { windowBytes: isSingle ? size + high : base + (base / 8) * (window & 7), hasChecksum };
}

/** A block's header has three bytes: whether it is the last one, its kind, and its size, which for one repeated byte is another. */
function passBlocks(reader: Reader): void {
  for (let isLast = false; !isLast; ) {
    const header = reader.uintLE(3);
    isLast = (header & 1) === 1;
    reader.advance(((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
}

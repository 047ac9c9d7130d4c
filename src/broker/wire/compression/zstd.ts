import { Decompress } from 'fzstd';
import { Malformed, Reader } from '../reader.ts';
import { Output, TooLarge } from './output.ts';

const frameMagic = 0xfd2fb528;

/** One or more Zstandard frames (RFC 8878). */
export function decompressZstd(data: Buffer, limitBytes: number): Buffer {
  if (windowBytes(data) > limitBytes) throw new TooLarge(`a window of more than ${limitBytes} bytes`);
  const output = new Output(limitBytes, data.length * 4);
  let ended = false;
  const stream = new Decompress((some, final) => {
    output.append(some);
    ended = final === true;
  });
  stream.push(data, true);
  if (!ended) throw new Malformed('Zstandard frame without an end');
  return output.finish();
}

/** How much memory the first frame asks for. The library would give it that without a question. */
function windowBytes(data: Buffer): number {
  const reader = new Reader(data);
  if (reader.uintLE(4) !== frameMagic) throw new Malformed('no Zstandard frame');
  const descriptor = reader.uint8();
  const isSingle = (descriptor & 0x20) !== 0;
  if (!isSingle) {
    const window = reader.uint8();
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const kind = descriptor >> 6;
  reader.advance([0, 1, 2, 4][descriptor & 3] ?? 0);
  return reader.uintLE(kind === 0 ? 1 : Math.min(2 ** kind, 4)) + (kind === 3 ? reader.uintLE(4) * 2 ** 32 : 0);
}

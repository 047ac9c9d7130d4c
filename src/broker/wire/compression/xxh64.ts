import { binaries } from '../binary.ts';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
/** A piece: of whole stripes. */
const piece = new Uint8Array(memory.buffer);
const module = new WebAssembly.Module(Buffer.from(binaries.xxh64, 'base64'));
const { begin, take, end } = new WebAssembly.Instance(module, { env: { memory } }).exports as {
  readonly begin: () => void;
  readonly take: (length: number) => void;
  readonly end: (length: number, total: number) => number;
};

/** The lower half of XXH64 with seed 0: by it frames of Zstandard are checked. For less than 4 GiB. */
export function lowerXxh64(bytes: Buffer): number {
  begin();
  let at = 0;
  for (; bytes.length - at > piece.length; at += piece.length) {
    piece.set(bytes.subarray(at, at + piece.length));
    take(piece.length);
  }
  piece.set(bytes.subarray(at));
  return end(bytes.length - at, bytes.length) >>> 0;
}

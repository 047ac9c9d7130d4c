/** Looks for the first record that is not whole, as journal/record.ts says what one is. */
import { checkSeed, end as endKind, kindOf, mark, recordBytes } from './record';

export * from './record';

/** Address of the first record in [from, end) that is damaged, or of what follows a mark: after it nothing may come. */
export function run(from: usize, end: usize): usize {
  for (let at = from; at < end; at += recordBytes) {
    const halves = v128.xor(v128.load(at), v128.load(at, 16));
    const words = v128.extract_lane<u64>(halves, 0) ^ v128.extract_lane<u64>(halves, 1);
    let fold = (words as u32) ^ ((words >> 32) as u32);
    fold ^= fold >> 16;
    fold ^= fold >> 8;
    const kind = kindOf(at);
    if ((fold & 0xff) !== checkSeed || kind === endKind) return at;
    if (kind === mark) return at + recordBytes;
  }
  return end;
}

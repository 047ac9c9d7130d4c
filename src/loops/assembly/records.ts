/** Looks for the first record that is not whole; journal/record.ts defines a whole record. */
import { checkSeed, end as endKind, kindOf, mark, recordBytes } from './record';

export * from './record';

/** How many records are checked together. */
const together: u32 = 4;

/**
 * The address of the first damaged record in [from, end), or the end of the first mark, after which no record may come.
 */
export function run(from: usize, end: usize): usize {
  const step = together * recordBytes;
  let at = from;
  while (at < end) {
    while (at + step <= end && areUsual(at)) at += step;
    const stop = min(at + step, end);
    for (; at < stop; at += recordBytes) {
      if (!isWhole(at)) return at;
      if (kindOf(at) === mark) return at + recordBytes;
    }
  }
  return end;
}

function isWhole(at: usize): bool {
  const halves = v128.xor(v128.load(at), v128.load(at, 16));
  const words = v128.extract_lane<u64>(halves, 0) ^ v128.extract_lane<u64>(halves, 1);
  let fold = (words as u32) ^ ((words >> 32) as u32);
  fold ^= fold >> 16;
  fold ^= fold >> 8;
  return (fold & 0xff) === checkSeed && kindOf(at) !== endKind;
}

/** Whether four records are whole and none of them is a mark. */
function areUsual(at: usize): bool {
  const first = v128.load(at);
  const second = v128.load(at, 32);
  const third = v128.load(at, 64);
  const fourth = v128.load(at, 96);
  const foldsOfTwo = foldsOf(v128.xor(first, v128.load(at, 16)), v128.xor(second, v128.load(at, 48)));
  const foldsOfOthers = foldsOf(v128.xor(third, v128.load(at, 80)), v128.xor(fourth, v128.load(at, 112)));
  let folds = v128.xor(
    v128.shuffle<u32>(foldsOfTwo, foldsOfOthers, 0, 2, 4, 6),
    v128.shuffle<u32>(foldsOfTwo, foldsOfOthers, 1, 3, 5, 7),
  );
  folds = v128.xor(folds, v128.shr<u32>(folds, 16));
  folds = v128.xor(folds, v128.shr<u32>(folds, 8));
  const byte = v128.splat<u32>(0xff);
  const kinds = v128.and(
    v128.shuffle<u64>(v128.shuffle<u32>(first, second, 0, 4, 0, 4), v128.shuffle<u32>(third, fourth, 0, 4, 0, 4), 0, 2),
    byte,
  );
  const wrong = v128.ne<u32>(v128.and(folds, byte), v128.splat<u32>(checkSeed));
  const ending = v128.or(v128.eq<u32>(kinds, v128.splat<u32>(endKind)), v128.eq<u32>(kinds, v128.splat<u32>(mark)));
  return !v128.any_true(v128.or(wrong, ending));
}

/** The 64-bit words of two records, xored to one word each. */
function foldsOf(one: v128, other: v128): v128 {
  return v128.xor(v128.shuffle<u64>(one, other, 0, 2), v128.shuffle<u64>(one, other, 1, 3));
}

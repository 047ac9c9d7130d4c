const primes = { one: 0x9e3779b1, two: 0x85ebca77, three: 0xc2b2ae3d, four: 0x27d4eb2f, five: 0x165667b1 } as const;

/** XXH32 with seed 0, as an unsigned number (`xxhash_spec.md`). LZ4 frames are checked by it. */
export function xxh32(data: Buffer): number {
  let at = 0;
  let hash: number = primes.five;
  if (data.length >= 16) {
    const lanes = [primes.one + primes.two, primes.two, 0, -primes.one].map((lane) => lane | 0);
    let [a = 0, b = 0, c = 0, d = 0] = lanes;
    for (; at + 16 <= data.length; at += 16) {
      a = round(a, data.readInt32LE(at));
      b = round(b, data.readInt32LE(at + 4));
      c = round(c, data.readInt32LE(at + 8));
      d = round(d, data.readInt32LE(at + 12));
    }
    hash = (rotated(a, 1) + rotated(b, 7) + rotated(c, 12) + rotated(d, 18)) | 0;
  }
  hash = (hash + data.length) | 0;
  for (; at + 4 <= data.length; at += 4) {
    hash = Math.imul(rotated((hash + Math.imul(data.readInt32LE(at), primes.three)) | 0, 17), primes.four);
  }
  for (; at < data.length; at++) {
    hash = Math.imul(rotated((hash + Math.imul(data[at] ?? 0, primes.five)) | 0, 11), primes.one);
  }
  hash = Math.imul(hash ^ (hash >>> 15), primes.two);
  hash = Math.imul(hash ^ (hash >>> 13), primes.three);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function round(lane: number, input: number): number {
  return Math.imul(rotated((lane + Math.imul(input, primes.two)) | 0, 13), primes.one);
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

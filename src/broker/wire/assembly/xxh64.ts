/** XXH64 with seed 0 (`xxhash_spec.md`), over bytes that come in pieces; each piece stands at 0. */

const prime1: u64 = 0x9e3779b185ebca87;
const prime2: u64 = 0xc2b2ae3d27d4eb4f;
const prime3: u64 = 0x165667b19e3779f9;
const prime4: u64 = 0x85ebca77c2b2ae63;
const prime5: u64 = 0x27d4eb2f165667c5;

let lane1: u64 = 0;
let lane2: u64 = 0;
let lane3: u64 = 0;
let lane4: u64 = 0;

export function begin(): void {
  lane1 = prime1 + prime2;
  lane2 = prime2;
  lane3 = 0;
  lane4 = 0 - prime1;
}

/** Takes a piece of whole stripes of 32 bytes. */
export function take(length: usize): void {
  for (let at: usize = 0; at < length; at += 32) {
    lane1 = round(lane1, load<u64>(at));
    lane2 = round(lane2, load<u64>(at, 8));
    lane3 = round(lane3, load<u64>(at, 16));
    lane4 = round(lane4, load<u64>(at, 24));
  }
}

/** Takes the last piece. Returns the lower half of the hash of `total` bytes. */
export function end(length: usize, total: u32): u32 {
  let at = length & ~31;
  take(at);
  let hash = total < 32 ? prime5 : joined();
  hash += total as u64;
  for (; at + 8 <= length; at += 8) hash = rotl<u64>(hash ^ round(0, load<u64>(at)), 27) * prime1 + prime4;
  if (at + 4 <= length) {
    hash = rotl<u64>(hash ^ ((load<u32>(at) as u64) * prime1), 23) * prime2 + prime3;
    at += 4;
  }
  for (; at < length; at++) hash = rotl<u64>(hash ^ ((load<u8>(at) as u64) * prime5), 11) * prime1;
  hash = (hash ^ (hash >> 33)) * prime2;
  hash = (hash ^ (hash >> 29)) * prime3;
  return (hash ^ (hash >> 32)) as u32;
}

function joined(): u64 {
  let hash = rotl<u64>(lane1, 1) + rotl<u64>(lane2, 7) + rotl<u64>(lane3, 12) + rotl<u64>(lane4, 18);
  hash = merged(hash, lane1);
  hash = merged(hash, lane2);
  hash = merged(hash, lane3);
  return merged(hash, lane4);
}

function merged(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * prime1 + prime4;
}

function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * prime2, 31) * prime1;
}

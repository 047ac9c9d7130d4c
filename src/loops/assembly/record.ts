/** The fields of the record at an address. journal/record.ts and journal/event.ts define them and the numbers below. */
export const recordBytes: u32 = 32;

export const end: u32 = 0;
export const intended: u32 = 1;
export const outcome: u32 = 2;
export const received: u32 = 3;
export const stored: u32 = 4;
/** Kinds from `intended` to this one name a message. */
export const lastOfMessages: u32 = 8;
export const mark: u32 = 18;
export const acked: u32 = 0;
export const redelivered: u32 = 1;
export const none8: u32 = 0xff;
export const none16: u32 = 0xffff;
export const noPosition: u64 = 0xffffffffffff;
/** All bytes of a whole record, the check included, xor to this. */
export const checkSeed: u32 = 0xa5;

export function kindOf(at: usize): u32 {
  return load<u8>(at);
}

/** The kind and the code of the record in one number. */
export function deedOf(at: usize): u32 {
  return load<u16>(at);
}

export function producerOf(at: usize): u32 {
  return load<u16>(at, 2);
}

export function seqOf(at: usize): u32 {
  return load<u32>(at, 4);
}

/** The time in nanoseconds. It is an integer, because buckets of time are found by shifting it. */
export function timeOf(at: usize): u64 {
  return load<u64>(at, 8) & 0xffffffffffff;
}

export function sessionOf(at: usize): i32 {
  return load<u16>(at, 14);
}

export function positionOf(at: usize): u64 {
  return load<u64>(at, 16) & 0xffffffffffff;
}

export function partitionOf(at: usize): u32 {
  return load<u16>(at, 22);
}

export function amountOf(at: usize): u32 {
  return load<u32>(at, 24);
}

export function attemptOf(at: usize): u32 {
  return load<u8>(at, 28);
}

export function groupOf(at: usize): u32 {
  return load<u8>(at, 29);
}

export function epochOf(at: usize): i32 {
  return load<u8>(at, 30);
}

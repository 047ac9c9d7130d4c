/**
 * One record: 32 bytes, little-endian, eight 32-bit words. 4096 is a multiple of it, so that a writer killed in a
 * write(2) leaves whole records (the kernel looks for a fatal signal between pages only).
 *
 * | off | type | field |
 * |   0 | u8   | kind |
 * |   1 | u8   | code: outcome, delivery flags, step, state … by kind |
 * |   2 | u16  | producer incarnation |
 * |   4 | u32  | sequence; fault, name or group-less id by kind |
 * |   8 | u48  | nanoseconds since the run's base, monotonic clock |
 * |  14 | u16  | session (consumer), node; number of the reason's name for degraded outcomes |
 * |  16 | u48  | position; number of the error's name for rejected and unknown outcomes; record count of a mark |
 * |  22 | u16  | partition |
 * |  24 | u32  | latency in µs, size in bytes, delay in ms; deliveries: latency in 16 µs << 4 | send attempt |
 * |  28 | u8   | attempt, saturating |
 * |  29 | u8   | group |
 * |  30 | u8   | epoch |
 * |  31 | u8   | check: all other bytes folded by xor, seeded so that 32 zero bytes are no record |
 *
 * Long details (JSON) follow their record as `text` records: byte 1 holds the length (up to 29) and in its high bit
 * whether more follows, bytes 2–30 the UTF-8.
 */
import { epochCeiling, kinds, none8 } from './event.ts';

export const recordSizeBytes = 32;
export const recordWords = 8;
export const textBytesPerRecord = 29;
export const textMore = 0x80;
const checkSeed = 0xa5;
const two32 = 4294967296;

export interface RecordFields {
  kind: number;
  code: number;
  producer: number;
  seq: number;
  atNs: number;
  session: number;
  position: number;
  partition: number;
  value: number;
  attempt: number;
  group: number;
  epoch: number;
}

/** Packs a record into eight words from `at`. All numbers must be in range: the caller saturates. */
export function putRecord(
  words: Int32Array,
  at: number,
  kind: number,
  code: number,
  producer: number,
  seq: number,
  atNs: number,
  session: number,
  position: number,
  partition: number,
  value: number,
  attempt: number,
  group: number,
  epoch: number,
): void {
  const atHigh = (atNs / two32) | 0;
  const positionHigh = (position / two32) | 0;
  words[at] = kind | (code << 8) | (producer << 16);
  words[at + 1] = seq;
  words[at + 2] = atNs - atHigh * two32;
  words[at + 3] = atHigh | (session << 16);
  words[at + 4] = position - positionHigh * two32;
  words[at + 5] = positionHigh | (partition << 16);
  words[at + 6] = value;
  words[at + 7] = attempt | (group << 8) | (epoch << 16);
  words[at + 7] = (words[at + 7] ?? 0) | (checkOf(words, at) << 24);
}

/** Check byte over the 31 other bytes of the record at `at`. */
export function checkOf(words: Int32Array, at: number): number {
  let fold =
    (words[at] as number) ^
    (words[at + 1] as number) ^
    (words[at + 2] as number) ^
    (words[at + 3] as number) ^
    (words[at + 4] as number) ^
    (words[at + 5] as number) ^
    (words[at + 6] as number) ^
    ((words[at + 7] as number) & 0xffffff);
  fold ^= fold >>> 16;
  return ((fold ^ (fold >>> 8)) & 0xff) ^ checkSeed;
}

/**
 * Whether the record at `at` is whole: a kind that is not `end`, and a check that fits. The fold over all 32 bytes, the
 * check among them, is the seed.
 */
export function isWhole(words: Int32Array, at: number): boolean {
  const word0 = words[at] as number;
  let fold =
    word0 ^
    (words[at + 1] as number) ^
    (words[at + 2] as number) ^
    (words[at + 3] as number) ^
    (words[at + 4] as number) ^
    (words[at + 5] as number) ^
    (words[at + 6] as number) ^
    (words[at + 7] as number);
  fold ^= fold >>> 16;
  return ((fold ^ (fold >>> 8)) & 0xff) === checkSeed && (word0 & 0xff) !== kinds.end;
}

/** Reads a record into plain numbers. The audit's inner loops read the words themselves instead. */
export function getRecord(words: Int32Array, at: number): RecordFields {
  const w0 = words[at] as number;
  const w3 = words[at + 3] as number;
  const w5 = words[at + 5] as number;
  const w7 = words[at + 7] as number;
  return {
    kind: w0 & 0xff,
    code: (w0 >>> 8) & 0xff,
    producer: w0 >>> 16,
    seq: (words[at + 1] as number) >>> 0,
    atNs: timeAt(words, at),
    session: w3 >>> 16,
    position: positionAt(words, at),
    partition: w5 >>> 16,
    value: (words[at + 6] as number) >>> 0,
    attempt: w7 & 0xff,
    group: (w7 >>> 8) & 0xff,
    epoch: (w7 >>> 16) & 0xff,
  };
}

/** Position of the record at `at`, `noPosition` included. */
export function positionAt(words: Int32Array, at: number): number {
  return wide(words[at + 4] as number, (words[at + 5] as number) & 0xffff);
}

/** Nanoseconds since the run's base of the record at `at`. */
export function timeAt(words: Int32Array, at: number): number {
  return wide(words[at + 2] as number, (words[at + 3] as number) & 0xffff);
}

/**
 * The number of 48 bits in two words. Its low word's sign goes to the high one: with `low >>> 0` V8 would guess small
 * integers from the first two seconds of a run, and compile every loop again when they are over.
 */
function wide(low: number, high: number): number {
  return low + (high + (low >>> 31)) * two32;
}

export function saturate(value: number, max: number): number {
  return value < max ? Math.max(0, Math.floor(value)) : max;
}

/** Epoch as stored: none, or the number, with everything from the ceiling on told apart no more. */
export function packEpoch(epoch: number | undefined): number {
  return epoch === undefined || epoch < 0 ? none8 : Math.min(epoch, epochCeiling);
}

/** Latency (to 16 µs) and the send attempt in one word. */
export function packDelivery(latencyUs: number, sendAttempt: number): number {
  return (saturate(latencyUs / 16, 0xfffffff) * 16 + saturate(sendAttempt, 15)) | 0;
}

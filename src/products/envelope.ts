/**
 * The bytes of a message: identity and body, each with a checksum of its own, so that a damaged body still names its
 * message and a damaged identity names none. Little-endian:
 *
 * | off | type | field |
 * |   0 | 8 B  | magic |
 * |   8 | u32  | tag of the run |
 * |  12 | u16  | producer incarnation |
 * |  14 | u16  | attempt, from 1 |
 * |  16 | u32  | sequence |
 * |  20 | u16  | partition that this attempt was meant for |
 * |  22 | u16  | zero |
 * |  24 | f64  | nanoseconds since the run's base when this attempt was made |
 * |  32 | u32  | length of the body |
 * |  36 | u32  | CRC-32 of the body |
 * |  40 | u32  | CRC-32 of bytes 0–39 |
 * |  44 | …    | body |
 */
import { crc32 } from 'node:zlib';

export const envelopeMagic = Buffer.from('mqchaos\x01', 'latin1');
export const envelopeBytes = 44;

/** Of what stands before a message in its copy in a retry topic (workers/copy.ts). */
export const copyHeadBytes = 24;

export interface Identity {
  readonly producer: number;
  readonly seq: number;
  readonly attempt: number;
  readonly partition: number;
  readonly sentAtNs: number;
}

export interface Envelope extends Identity {
  /** Same run as ours. */
  readonly ours: boolean;
  /** The body is as long as it says and has its checksum. */
  readonly bodyGood: boolean;
}

/** Number that marks all messages of one run: CRC-32 of the run's id. */
export function runTag(run: string): number {
  return crc32(run);
}

export function encodeEnvelope(tag: number, identity: Identity, body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(envelopeBytes + body.length);
  envelopeMagic.copy(bytes, 0);
  bytes.writeUInt32LE(tag, 8);
  bytes.writeUInt16LE(identity.producer, 12);
  bytes.writeUInt16LE(Math.min(identity.attempt, 0xffff), 14);
  bytes.writeUInt32LE(identity.seq, 16);
  bytes.writeUInt16LE(identity.partition, 20);
  bytes.writeUInt16LE(0, 22);
  bytes.writeDoubleLE(identity.sentAtNs, 24);
  bytes.writeUInt32LE(body.length, 32);
  bytes.writeUInt32LE(crc32(body), 36);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 40)), 40);
  bytes.set(body, envelopeBytes);
  return bytes;
}

/** Undefined when the identity is damaged or not one of ours at all. */
export function decodeEnvelope(value: Buffer, tag: number): Envelope | undefined {
  if (value.length < envelopeBytes || !envelopeMagic.equals(value.subarray(0, 8))) return undefined;
  if (crc32(value.subarray(0, 40)) !== value.readUInt32LE(40)) return undefined;
  const body = bodyOf(value);
  return {
    ours: value.readUInt32LE(8) === tag,
    producer: value.readUInt16LE(12),
    attempt: value.readUInt16LE(14),
    seq: value.readUInt32LE(16),
    partition: value.readUInt16LE(20),
    sentAtNs: value.readDoubleLE(24),
    bodyGood: body.length === value.readUInt32LE(32) && crc32(body) === value.readUInt32LE(36),
  };
}

/** The body of an envelope that was decoded. */
export function bodyOf(value: Buffer): Buffer {
  return value.subarray(envelopeBytes);
}

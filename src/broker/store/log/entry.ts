import { crc32 } from 'node:zlib';

/*
 * One entry of the commit log. All integers are big-endian.
 *
 *    0  u32  magic "MQCL"
 *    4  u32  size of the whole entry in bytes
 *    8  u32  CRC-32 of everything behind this field
 *   12  u8   format of the entry: 1
 *   13  u8   kind
 *   14  u16  zero
 *   16  u64  physical position: the distance of this entry from the start of the log
 *   24  u32  epoch of the set in which it was written
 *   28  i32  partition; -1 where the kind has none
 *   32  16B  topic id; zeros where the kind has none
 *   48       body
 */
export const entryHeaderBytes = 48;
/**
 * The largest size of an entry: a larger one on the disk means damage. It is no setting, because lowering a setting must
 * not make existing entries invalid.
 */
const entryLimitBytes = 2 ** 30;
export const entryMagic = Buffer.from('MQCL');

export const entryKind = { batch: 1, offsets: 2, groupDeleted: 3, topicDeleted: 4, logStart: 5 } as const;
export type EntryKind = (typeof entryKind)[keyof typeof entryKind];

export const noTopicId = '0'.repeat(32);

export interface EntryDraft {
  readonly kind: EntryKind;
  /** 32 hexadecimal digits. */
  readonly topicId: string;
  readonly partition: number;
  readonly body: Buffer;
}

export interface Entry extends EntryDraft {
  readonly position: number;
  readonly sizeBytes: number;
  readonly epoch: number;
}

/** Writes the entry into the buffer `into` at offset `at`, and returns its size in bytes. */
export function writeEntry(draft: EntryDraft, position: number, epoch: number, into: Buffer, at: number): number {
  const sizeBytes = entryHeaderBytes + draft.body.length;
  entryMagic.copy(into, at);
  into.writeUInt32BE(sizeBytes, at + 4);
  into.writeUInt32BE(1 * 0x100_0000 + draft.kind * 0x1_0000, at + 12);
  into.writeUInt32BE(Math.floor(position / 0x1_0000_0000), at + 16);
  into.writeUInt32BE(position % 0x1_0000_0000, at + 20);
  into.writeUInt32BE(epoch, at + 24);
  into.writeInt32BE(draft.partition, at + 28);
  into.write(draft.topicId, at + 32, 16, 'hex');
  draft.body.copy(into, at + entryHeaderBytes);
  into.writeUInt32BE(crc32(into.subarray(at + 12, at + sizeBytes)), at + 8);
  return sizeBytes;
}

/** Why the bytes at a position are not an entry. `incomplete`: the buffer ends before that can be told. */
export type EntryProblem =
  | 'incomplete'
  | 'bad magic'
  | 'bad size'
  | 'bad checksum'
  | 'wrong position'
  | 'unknown format';

/** The size of the entry whose first bytes are at `at`. `readEntry` needs so many bytes. */
export function entrySize(buffer: Buffer, at: number): number | EntryProblem {
  if (buffer.length - at < 8) return 'incomplete';
  if (buffer.compare(entryMagic, 0, 4, at, at + 4) !== 0) return 'bad magic';
  const sizeBytes = buffer.readUInt32BE(at + 4);
  return sizeBytes < entryHeaderBytes || sizeBytes > entryLimitBytes ? 'bad size' : sizeBytes;
}

/** Reads and verifies the entry that should be at `position` of the log. Its body is a view of the buffer. */
export function readEntry(buffer: Buffer, at: number, position: number): Entry | EntryProblem {
  const sizeBytes = entrySize(buffer, at);
  if (typeof sizeBytes === 'string') return sizeBytes;
  if (buffer.length - at < sizeBytes) return 'incomplete';
  if (crc32(buffer.subarray(at + 12, at + sizeBytes)) !== buffer.readUInt32BE(at + 8)) return 'bad checksum';
  const kind = buffer[at + 13];
  if (buffer[at + 12] !== 1 || !isKind(kind)) return 'unknown format';
  const written = buffer.readUInt32BE(at + 16) * 0x1_0000_0000 + buffer.readUInt32BE(at + 20);
  if (written !== position) return 'wrong position';
  return {
    kind,
    position,
    sizeBytes,
    epoch: buffer.readUInt32BE(at + 24),
    partition: buffer.readInt32BE(at + 28),
    topicId: buffer.toString('hex', at + 32, at + 48),
    body: buffer.subarray(at + entryHeaderBytes, at + sizeBytes),
  };
}

const kinds: ReadonlySet<unknown> = new Set(Object.values(entryKind));

function isKind(value: unknown): value is EntryKind {
  return kinds.has(value);
}

import { crc32 } from 'node:zlib';

/*
 * One record of a partition's index: a batch and where it is. Numbers are big-endian, f64 holds whole ones up to 2^53.
 *
 *    0  f64  offset of the batch's first record
 *    8  f64  position of its entry in the commit log
 *   16  f64  newest time of any record up to the end of this batch, ms: it never falls, so it can be searched
 *   24  u32  size of the entry in bytes
 *   28  u32  CRC-32 of the 28 bytes before
 */
export const indexRecordBytes = 32;
const checkedBytes = 28;

/** Where a batch is in the commit log, and which offsets it holds. */
export interface QueuedBatch {
  readonly baseOffset: number;
  readonly position: number;
  readonly sizeBytes: number;
  /** Newest time of any record of the partition up to the end of this batch. */
  readonly newestMs: number;
}

/** Writes all but the checksum, which only the disk needs. */
export function putRecord(into: Buffer, at: number, batch: QueuedBatch): void {
  into.writeDoubleBE(batch.baseOffset, at);
  into.writeDoubleBE(batch.position, at + 8);
  into.writeDoubleBE(batch.newestMs, at + 16);
  into.writeUInt32BE(batch.sizeBytes, at + 24);
}

export function recordAt(chunk: Buffer, at: number): QueuedBatch {
  return {
    baseOffset: chunk.readDoubleBE(at),
    position: chunk.readDoubleBE(at + 8),
    newestMs: chunk.readDoubleBE(at + 16),
    sizeBytes: chunk.readUInt32BE(at + 24),
  };
}

/** Gives records their checksums, before they go to the disk. */
export function sealRecords(records: Buffer): void {
  for (let at = 0; at < records.length; at += indexRecordBytes) {
    records.writeUInt32BE(crc32(records.subarray(at, at + checkedBytes)), at + checkedBytes);
  }
}

/** Whether these are whole records as they were sealed. */
export function areSealed(records: Buffer): boolean {
  if (records.length % indexRecordBytes !== 0) return false;
  for (let at = 0; at < records.length; at += indexRecordBytes) {
    if (crc32(records.subarray(at, at + checkedBytes)) !== records.readUInt32BE(at + checkedBytes)) return false;
  }
  return true;
}

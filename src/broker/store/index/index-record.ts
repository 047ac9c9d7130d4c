import { crc32 } from 'node:zlib';

/*
 * One record of a partition's index: a batch and its place in the log. Numbers are big-endian; an f64 holds an integer up to 2^53.
 *
 *    0  f64  offset of the batch's first record
 *    8  f64  position of its entry in the commit log
 *   16  f64  newest time of any record of the partition up to the end of this batch, ms: ascending, so it can be searched
 *   24  u32  size of the entry in bytes
 *   28  u32  CRC-32 of the 28 bytes before, begun with that of the file's path
 */
export const indexRecordBytes = 32;
const checkedBytes = 28;

/** A batch's place in the commit log, its first offset and its time. */
export interface QueuedBatch {
  readonly baseOffset: number;
  readonly position: number;
  readonly sizeBytes: number;
  /** The newest time of any record of the partition up to the end of this batch. */
  readonly newestMs: number;
}

/** Writes a record without its checksum: only records on the disk need one. */
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

/**
 * Writes the checksums of records that are about to go to the disk.
 * @param seal of the index: a file that was put in the place of another has wrong checksums
 */
export function sealRecords(records: Buffer, seal: number): void {
  for (let at = 0; at < records.length; at += indexRecordBytes) {
    records.writeUInt32BE(crc32(records.subarray(at, at + checkedBytes), seal), at + checkedBytes);
  }
}

/** Whether these bytes are whole records with right checksums. */
export function areSealed(records: Buffer, seal: number): boolean {
  if (records.length % indexRecordBytes !== 0) return false;
  for (let at = 0; at < records.length; at += indexRecordBytes) {
    if (crc32(records.subarray(at, at + checkedBytes), seal) !== records.readUInt32BE(at + checkedBytes)) return false;
  }
  return true;
}

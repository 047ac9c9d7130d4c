import { code } from './codes.ts';
import { crc32c } from './crc32c.ts';

/** Fixed part of a record batch of magic 2 (KIP-98), in bytes. */
export const batchHeaderBytes = 61;

/** What the broker needs to know of a record batch; the records themselves stay as the client packed them. */
export interface BatchHeader {
  readonly baseOffset: number;
  readonly sizeBytes: number;
  readonly count: number;
  readonly maxTimestampMs: number;
  /** -1 when the producer is not idempotent. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

/** Reads the header without checking it: for batches from the commit log, whose entries have checksums of their own. */
export function readBatchHeader(batch: Buffer): BatchHeader {
  return {
    baseOffset: int64At(batch, 0),
    sizeBytes: batch.readInt32BE(8) + 12,
    count: batch.readInt32BE(57),
    maxTimestampMs: int64At(batch, 35),
    producerId: int64At(batch, 43),
    producerEpoch: batch.readInt16BE(51),
    baseSequence: batch.readInt32BE(53),
  };
}

/** Checks what a client sent as one partition's records; returns the header or the Kafka error code. */
export function checkBatch(records: Buffer, limitBytes: number): BatchHeader | number {
  if (records.length < 17) return code.CORRUPT_MESSAGE;
  if (records[16] !== 2) return code.UNSUPPORTED_FOR_MESSAGE_FORMAT;
  if (records.length < batchHeaderBytes) return code.CORRUPT_MESSAGE;
  if (records.length > limitBytes) return code.MESSAGE_TOO_LARGE;
  const header = readBatchHeader(records);
  // Kafka refuses more than one batch a partition from Produce version 3 on; a shorter one was cut on its way.
  if (header.sizeBytes < records.length) return code.INVALID_RECORD;
  if (header.sizeBytes > records.length) return code.CORRUPT_MESSAGE;
  if (crc32c(records, 21) !== records.readUInt32BE(17)) return code.CORRUPT_MESSAGE;
  const lastOffsetDelta = records.readInt32BE(23);
  if (header.count < 1 || lastOffsetDelta !== header.count - 1) return code.INVALID_RECORD;
  // Bit 4: transactional, bit 5: control. Neither is served.
  if (records.readInt16BE(21) & 0x30) return code.INVALID_RECORD;
  if (header.producerId >= 0 && (header.producerEpoch < 0 || header.baseSequence < 0)) return code.INVALID_RECORD;
  if (!Number.isSafeInteger(header.producerId)) return code.INVALID_RECORD;
  return header;
}

/** Writes the broker's own two fields, which the batch's CRC leaves out on purpose. */
export function placeBatch(batch: Buffer, baseOffset: number, leaderEpoch: number): void {
  const high = Math.floor(baseOffset / 0x1_0000_0000);
  batch.writeInt32BE(high, 0);
  batch.writeUInt32BE(baseOffset - high * 0x1_0000_0000, 4);
  batch.writeInt32BE(leaderEpoch, 12);
}

function int64At(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4);
}

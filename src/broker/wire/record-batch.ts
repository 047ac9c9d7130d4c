import { code } from './codes.ts';
import { codec, decompress } from './compression/decompress.ts';
import { TooLarge } from './compression/output.ts';
import { crc32c } from './crc32c.ts';
import { scanRecords } from './records.ts';

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

/**
 * A batch may hold so many bytes of records when decompressed, and all batches of a request together so many. Kafka has no
 * bound there: its brokers read a stream, and do so in many threads.
 */
const contentLimitBytes = 64 * 1024 * 1024;
const requestContentBytes = 256 * 1024 * 1024;

/** What the batches of one request may still hold when decompressed. */
export class ContentBudget {
  #leftBytes = requestContentBytes;

  /** Decompresses within the budget. What fails is taken to have used all that it might have. */
  decompress(data: Buffer, by: number): Buffer {
    if (by === codec.none) return data;
    const limitBytes = Math.min(contentLimitBytes, this.#leftBytes);
    if (limitBytes === 0) throw new TooLarge('the batches before it have used up what a request may have');
    this.#leftBytes -= limitBytes;
    const content = decompress(data, by, limitBytes);
    this.#leftBytes += limitBytes - content.length;
    return content;
  }
}

/**
 * Checks what a client sent as one partition's records, down to each record: nothing is stored that a consumer could not
 * read. Returns the header, or the Kafka error code. As Kafka does, it corrects the newest time in the header.
 * @param newestCodec zstd came with Produce version 7
 * @param budget shared by the batches of a request
 */
export function checkBatch(
  records: Buffer,
  limitBytes: number,
  newestCodec: number = codec.zstd,
  budget: ContentBudget = new ContentBudget(),
): BatchHeader | number {
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
  if (codecOf(records) > newestCodec) return code.UNSUPPORTED_COMPRESSION_TYPE;
  const newestMs = checkContent(records, header.count, budget);
  if (newestMs === header.maxTimestampMs) return header;
  if (typeof newestMs !== 'number') return newestMs.errorCode;
  writeInt64(records, newestMs, 35);
  seal(records);
  return { ...header, maxTimestampMs: newestMs };
}

function checkContent(records: Buffer, count: number, budget: ContentBudget): number | { readonly errorCode: number } {
  let content: Buffer;
  try {
    content = budget.decompress(records.subarray(batchHeaderBytes), codecOf(records));
  } catch (error) {
    return { errorCode: error instanceof TooLarge ? code.MESSAGE_TOO_LARGE : code.CORRUPT_MESSAGE };
  }
  let [oldestDelta, newestDelta] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const problem = scanRecords(content, count, (_, timestampDelta) => {
    if (timestampDelta > newestDelta) newestDelta = timestampDelta;
    if (timestampDelta < oldestDelta) oldestDelta = timestampDelta;
  });
  if (problem !== undefined) return { errorCode: code.INVALID_RECORD };
  const baseMs = int64At(records, 27);
  const isKnown = Number.isSafeInteger(baseMs + newestDelta) && baseMs + oldestDelta >= -1;
  return isKnown ? baseMs + newestDelta : { errorCode: code.INVALID_TIMESTAMP };
}

/** A record that was asked for by its time. */
export interface TimedRecord {
  readonly offset: number;
  readonly timestampMs: number;
}

/** The records of a batch that was stored, with their times, in order. */
export function timesOf(batch: Buffer): TimedRecord[] {
  const { baseOffset, count } = readBatchHeader(batch);
  const baseMs = int64At(batch, 27);
  const found: TimedRecord[] = [];
  const content = decompress(batch.subarray(batchHeaderBytes), codecOf(batch), contentLimitBytes);
  scanRecords(content, count, (offsetDelta, timestampDelta) => {
    found.push({ offset: baseOffset + offsetDelta, timestampMs: baseMs + timestampDelta });
  });
  return found;
}

/** The leader epoch that `placeBatch` wrote. */
export function leaderEpochOf(batch: Buffer): number {
  return batch.readInt32BE(12);
}

/** Corrects the checksum of a batch that was changed. */
export function seal(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch, 21), 17);
  return batch;
}

function codecOf(batch: Buffer): number {
  return batch.readInt16BE(21) & 7;
}

/** Writes the broker's own two fields, which the batch's CRC leaves out on purpose. */
export function placeBatch(batch: Buffer, baseOffset: number, leaderEpoch: number): void {
  writeInt64(batch, baseOffset, 0);
  batch.writeInt32BE(leaderEpoch, 12);
}

function writeInt64(buffer: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * 0x1_0000_0000, at + 4);
}

function int64At(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4);
}

import { crc32c } from '../../../src/broker/wire/crc32c.ts';
import { batchHeaderBytes } from '../../../src/broker/wire/record-batch.ts';

export interface BatchOptions {
  readonly count?: number;
  readonly producerId?: number;
  readonly epoch?: number;
  readonly sequence?: number;
  readonly timestampMs?: number;
  readonly payload?: string;
}

/** A record batch with a right header and checksum. The records are not real ones: the broker does not look at them. */
export function batch({
  count = 1,
  producerId = -1,
  epoch = -1,
  sequence = -1,
  timestampMs = 0,
  payload = 'x',
}: BatchOptions = {}) {
  const records = Buffer.from(payload);
  const data = Buffer.alloc(batchHeaderBytes + records.length);
  data.writeInt32BE(data.length - 12, 8);
  data[16] = 2;
  data.writeInt32BE(count - 1, 23);
  data.writeBigInt64BE(BigInt(timestampMs), 27);
  data.writeBigInt64BE(BigInt(timestampMs), 35);
  data.writeBigInt64BE(BigInt(producerId), 43);
  data.writeInt16BE(epoch, 51);
  data.writeInt32BE(sequence, 53);
  data.writeInt32BE(count, 57);
  records.copy(data, batchHeaderBytes);
  data.writeUInt32BE(crc32c(data, 21), 17);
  return data;
}

export function payloadOf(stored: Buffer): string {
  return stored.subarray(batchHeaderBytes).toString();
}

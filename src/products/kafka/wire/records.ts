/** Records on their way: a batch twice, two batches in the other's place, a byte of a record that is another. */

import { crc32c } from '../../../broker/wire/crc32c.ts';
import { frame } from '../../../broker/wire/frame.ts';
import { encodeRequest } from '../../../broker/wire/message.ts';
import { batchHeaderBytes, readBatchHeader } from '../../../broker/wire/record-batch.ts';
import type { WireLogEntry } from '../../../link/wire/rule.ts';
import { type AnswerTo, type Changed, readAnswer, written } from './answers.ts';
import type { fetch } from './apis.ts';
import type { Body, Head, Partitioned } from './request.ts';

/** From 0, below 1: decides where. */
type Chance = (name: string) => number;
type Concerns = (topic: string, partition: number) => boolean;

/** Fields of a batch (KIP-98) that its checksum begins after, and that say how its records are packed. */
const magicAt = 16;
const checksumAt = 17;
const attributesAt = 21;
const compressionBits = 0x07;

/** A request with one batch of it damaged; undefined: there is none that can be. */
export function corruptRequest(
  { version, correlationId, clientId }: Head,
  { api, request }: Body,
  concerns: Concerns,
  checksum: 'right' | 'wrong',
  chance: Chance,
): Changed | undefined {
  let seen: WireLogEntry | undefined;
  const topics = (request as Partitioned).topics.map((topic) => ({
    ...topic,
    partitions: topic.partitions.map((partition) => {
      const { records, index } = partition;
      if (seen !== undefined || records == null || !concerns(topic.name, index)) return partition;
      const damaged = corruptFirst(records, checksum, chance);
      if (damaged === undefined) return partition;
      seen = { topic: topic.name, partition: index, byte: damaged.seen.byte };
      return { ...partition, records: damaged.bytes };
    }),
  }));
  if (seen === undefined) return undefined;
  const changed = { ...(request as object), topics };
  return { frame: frame(encodeRequest(api, { version, correlationId, clientId }, changed)), seen };
}

/** An answer to Fetch with the records of one partition changed; undefined: none that can be, or it cannot be read. */
export function changeFetched(
  to: AnswerTo,
  answer: Buffer,
  concerns: Concerns,
  change: (records: Buffer) => { readonly bytes: Buffer; readonly seen: WireLogEntry } | undefined,
): Changed | undefined {
  const body = readAnswer<(typeof fetch.response)['zero']>(to, answer);
  if (body === undefined) return undefined;
  let seen: WireLogEntry | undefined;
  const topics = body.topics.map((topic) => ({
    ...topic,
    partitions: topic.partitions.map((partition) => {
      if (seen !== undefined || !concerns(topic.name, partition.index)) return partition;
      const changed = change(Buffer.concat(partition.records));
      if (changed === undefined) return partition;
      seen = { topic: topic.name, partition: partition.index, ...changed.seen };
      return { ...partition, records: [changed.bytes] };
    }),
  }));
  if (seen === undefined) return undefined;
  return { frame: written(to, { ...body, topics }), seen };
}

/** The first batch twice. */
export function doubled(records: Buffer) {
  const [first] = batchesOf(records);
  if (first === undefined) return undefined;
  const end = first.at + first.bytes;
  const bytes = Buffer.concat([records.subarray(0, end), records.subarray(first.at, end), records.subarray(end)]);
  return { bytes, seen: { offset: first.offset, records: first.count } };
}

/** The first two batches in each other's place. */
export function swapped(records: Buffer) {
  const [first, second] = batchesOf(records);
  if (first === undefined || second === undefined) return undefined;
  const middle = second.at;
  const end = middle + second.bytes;
  const bytes = Buffer.concat([
    records.subarray(middle, end),
    records.subarray(first.at, middle),
    records.subarray(end),
  ]);
  return { bytes, seen: { offset: first.offset, otherOffset: second.offset } };
}

/**
 * One bit of a record of the first batch is another: in the second half of its value, where applications have their own
 * checksums if they have any. Of a compressed batch it is any byte behind the header.
 */
export function corruptFirst(records: Buffer, checksum: 'right' | 'wrong', chance: Chance) {
  const [first] = batchesOf(records);
  if (first === undefined) return undefined;
  const bytes = Buffer.from(records);
  const batch = bytes.subarray(first.at, first.at + first.bytes);
  const { at, length } = damageable(batch);
  if (length === 0) return undefined;
  const place = at + Math.floor(chance('byte') * length);
  batch[place] = (batch[place] ?? 0) ^ (1 << Math.floor(chance('bit') * 8));
  if (checksum === 'right') batch.writeUInt32BE(crc32c(batch, attributesAt), checksumAt);
  return { bytes, seen: { offset: first.offset, byte: place } };
}

interface Placed {
  readonly at: number;
  readonly bytes: number;
  readonly offset: number;
  readonly count: number;
}

/** Whole batches of magic 2: the last one of an answer may be cut off. */
function batchesOf(records: Buffer): Placed[] {
  const found: Placed[] = [];
  let at = 0;
  while (records.length - at >= batchHeaderBytes && records[at + magicAt] === 2) {
    const { sizeBytes, baseOffset, count } = readBatchHeader(records.subarray(at));
    if (sizeBytes < batchHeaderBytes || at + sizeBytes > records.length) break;
    found.push({ at, bytes: sizeBytes, offset: baseOffset, count });
    at += sizeBytes;
  }
  return found;
}

/** Where a bit may be turned: the second half of the first record's value. */
function damageable(batch: Buffer): { readonly at: number; readonly length: number } {
  const all = { at: batchHeaderBytes, length: batch.length - batchHeaderBytes };
  if ((batch.readInt16BE(attributesAt) & compressionBits) !== 0) return all;
  const reader = new VarintReader(batch, batchHeaderBytes);
  reader.varint(); // the record's length
  reader.at += 1; // attributes
  reader.varint(); // timestamp
  reader.varint(); // offset
  const keyBytes = reader.varint();
  reader.at += Math.max(0, keyBytes);
  const length = reader.varint();
  const half = Math.floor(length / 2);
  return length > 0 && reader.at + length <= batch.length
    ? { at: reader.at + half, length: length - half }
    : { at: 0, length: 0 };
}

/** Numbers of a record, which are zigzag-coded (KIP-98). A timestamp may have more bits than are kept here; it is skipped. */
class VarintReader {
  at: number;
  readonly #buffer: Buffer;

  constructor(buffer: Buffer, at: number) {
    this.#buffer = buffer;
    this.at = at;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; this.at < this.#buffer.length; shift += 7) {
      const byte = this.#buffer[this.at] ?? 0;
      this.at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

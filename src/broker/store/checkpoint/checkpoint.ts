import { crc32 } from 'node:zlib';
import { messageOf } from '../../errors.ts';
import { Reader } from '../../wire/reader.ts';
import { array, bytes, field, int32, int64, struct, type ValueOf } from '../../wire/types.ts';
import { Writer } from '../../wire/writer.ts';
import { partitionState } from '../partitions/partition-state.ts';

/*
 * A checkpoint file: the state that is derived from the log up to a position. The body is encoded like a Kafka message.
 *
 *    0  4B   magic "MQCP"
 *    4  u32  version: 2
 *    8  u32  size of the body in bytes
 *   12  u32  CRC-32 of the body
 *   16       body
 */
const magic = 'MQCP';
const version = 2;
const headBytes = 16;

const checkpointBody = struct({
  /** The log was synced up to here when the checkpoint was written. An entry begins here, or the log ends here. */
  position: field(int64),
  epochs: field(array(struct({ epoch: field(int32), start: field(int64) }))),
  /** The partitions that have entries. Those of deleted topics are left out. */
  partitions: field(array(partitionState)),
  /** What `DerivedGroups.save` returned. */
  groups: field(bytes),
});

export type Checkpoint = ValueOf<typeof checkpointBody>;

const plain = { version: 0, flexible: false };

export function packCheckpoint(checkpoint: Checkpoint): Buffer {
  const writer = new Writer();
  checkpointBody.write(writer, checkpoint, plain);
  const body = writer.finish();
  const head = Buffer.alloc(headBytes);
  head.write(magic, 0, 'latin1');
  head.writeUInt32BE(version, 4);
  head.writeUInt32BE(body.length, 8);
  head.writeUInt32BE(crc32(body), 12);
  return Buffer.concat([head, body]);
}

/** Reads a checkpoint. Returns the reason instead if it cannot be used. */
export function unpackCheckpoint(data: Buffer): Checkpoint | string {
  if (data.length < headBytes) return 'incomplete';
  if (data.toString('latin1', 0, 4) !== magic) return 'bad magic';
  if (data.readUInt32BE(4) !== version) return 'unknown version';
  const body = data.subarray(headBytes);
  if (body.length !== data.readUInt32BE(8)) return 'incomplete';
  if (crc32(body) !== data.readUInt32BE(12)) return 'bad checksum';
  try {
    return checkpointBody.read(new Reader(body), plain);
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * A message on its way through a group's retry topic, or in its dead letter topic: an envelope as any message has, under a
 * tag of its own, with the message as it was received in the body. Brokers and drivers need to know nothing of it: no
 * headers, no delivery counts. Its body, little-endian:
 *
 * | off | type | field |
 * |   0 | u16  | number of the try that it is for; of a dead letter, of the last one |
 * |   2 | u16  | partition that the message was first received from |
 * |   4 | u32  | epoch there; all ones: none |
 * |   8 | f64  | position there; -1: none |
 * |  16 | f64  | nanoseconds since the run's base when it is due |
 * |  24 | …    | the message |
 */

import type { Position } from '../journal/event.ts';
import { bodyOf, copyHeadBytes, decodeEnvelope, encodeEnvelope, runTag } from '../products/envelope.ts';

const noEpoch = 0xffffffff;

export interface Copy {
  /** The try that it is for, from 1. */
  readonly attempt: number;
  /** Where the message was first received from. */
  readonly place: Position;
  readonly dueAtNs: number;
  /** The message as it was received. */
  readonly value: Buffer;
}

export interface CopyIdentity {
  readonly producer: number;
  readonly seq: number;
  /** Tells the sends of one worker apart. */
  readonly send: number;
  readonly sentAtNs: number;
}

/** Marks the copies of one run, so that none can be taken for a message. */
export function copyTag(run: string): number {
  return runTag(`${run} copy`);
}

export function encodeCopy(tag: number, { producer, seq, send, sentAtNs }: CopyIdentity, copy: Copy): Buffer {
  const { attempt, place, dueAtNs, value } = copy;
  const body = Buffer.allocUnsafe(copyHeadBytes + value.length);
  body.writeUInt16LE(attempt, 0);
  body.writeUInt16LE(place.partition, 2);
  body.writeUInt32LE(place.epoch ?? noEpoch, 4);
  body.writeDoubleLE(place.position ?? -1, 8);
  body.writeDoubleLE(dueAtNs, 16);
  value.copy(body, copyHeadBytes);
  return encodeEnvelope(tag, { producer, seq, attempt: send, partition: place.partition, sentAtNs }, body);
}

/** Undefined when it is none of this run, or damaged anywhere: nobody knows then which try it is for. */
export function decodeCopy(bytes: Buffer, tag: number): Copy | undefined {
  const envelope = decodeEnvelope(bytes, tag);
  if (envelope === undefined || !envelope.ours || !envelope.bodyGood) return undefined;
  const body = bodyOf(bytes);
  if (body.length < copyHeadBytes) return undefined;
  const epoch = body.readUInt32LE(4);
  const position = body.readDoubleLE(8);
  return {
    attempt: body.readUInt16LE(0),
    place: {
      partition: body.readUInt16LE(2),
      ...(position < 0 ? {} : { position }),
      ...(epoch === noEpoch ? {} : { epoch }),
    },
    dueAtNs: body.readDoubleLE(16),
    value: body.subarray(copyHeadBytes),
  };
}

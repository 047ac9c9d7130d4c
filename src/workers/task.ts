/** A message in a consumer's hands: what its journal says of it, and what processing it needs. */
import type { IncomingMessage } from '../products/driver.ts';
import { decodeEnvelope } from '../products/envelope.ts';
import { type EffectMessage, keyOf } from '../effects/message.ts';
import { type Delivery, deliveryFlags, none16, type Position } from '../journal/event.ts';
import { decodeCopy } from './copy.ts';

export interface Task {
  readonly delivery: Delivery;
  /** Number of this try, from 1, as far as anybody counts. */
  readonly attempt: number;
  /** Where the message was first received from. */
  readonly place: Position;
  /** The message as it was received from there. */
  readonly value: Buffer;
  /** Nanoseconds since the run's base; not before then. */
  readonly dueAtNs: number;
}

/** Of a message of the topic itself. */
export function taskOf(message: IncomingMessage, tag: number, nowNs: number): Task {
  const { attempt, value } = message;
  return { delivery: deliveryOf(message, tag, nowNs), attempt, place: placeOf(message), value, dueAtNs: 0 };
}

/** Of a copy in the retry or the dead letter topic. What is none is a delivery of nobody knows what. */
export function taskOfCopy(message: IncomingMessage, tags: CopyTags, nowNs: number): Task {
  const copy = decodeCopy(message.value, tags.copies);
  if (copy === undefined) {
    const delivery = {
      ...{ producer: none16, seq: 0, flags: deliveryFlags.unidentified | deliveryFlags.scheduled },
      ...{ partition: none16, sendAttempt: 0, latencyUs: 0 },
    };
    return { delivery, attempt: message.attempt, place: { partition: none16 }, value: message.value, dueAtNs: 0 };
  }
  const { attempt, place, value, dueAtNs } = copy;
  const { partition } = place;
  const first = deliveryOf({ value, partition, redelivered: false, attempt }, tags.messages, nowNs);
  return { delivery: { ...first, flags: first.flags | deliveryFlags.scheduled }, attempt, place, value, dueAtNs };
}

export interface CopyTags {
  readonly messages: number;
  readonly copies: number;
}

/** A delivery as the journal tells it: who it says it is, and what is wrong with it. */
export function deliveryOf(message: IncomingMessage, tag: number, nowNs: number): Delivery {
  const place = placeOf(message);
  const redelivered = message.redelivered ? deliveryFlags.redelivered : 0;
  const envelope = decodeEnvelope(message.value, tag);
  if (envelope === undefined) {
    const flags = redelivered | deliveryFlags.unidentified;
    return { producer: none16, seq: 0, flags, ...place, sendAttempt: 0, latencyUs: 0 };
  }
  const flags =
    redelivered |
    (envelope.ours ? 0 : deliveryFlags.foreign) |
    (envelope.bodyGood ? 0 : deliveryFlags.corrupt) |
    (envelope.partition === message.partition ? 0 : deliveryFlags.misrouted);
  return {
    producer: envelope.producer,
    seq: envelope.seq,
    flags,
    ...place,
    sendAttempt: envelope.attempt,
    latencyUs: Math.max(0, nowNs - envelope.sentAtNs) / 1000,
  };
}

/** The effect of a message, wherever it came from this time. */
export function effectMessage({ producer, seq }: Delivery, place: Position): EffectMessage {
  return { producer, seq, key: keyOf({ producer, seq }), version: seq, place };
}

function placeOf({ partition, position, epoch }: Position): Position {
  return {
    partition,
    ...(position === undefined ? {} : { position }),
    ...(epoch === undefined ? {} : { epoch }),
  };
}

/** A message in a consumer's hands: what its journal says of it, and what processing it needs. */

import { type EffectMessage, keyOf } from '../effects/message.ts';
import { type Delivery, deliveryFlags, none16, type Position } from '../journal/event.ts';
import type { IncomingMessage } from '../products/driver.ts';
import { decodeEnvelope } from '../products/envelope.ts';
import { decodeCopy } from './copy.ts';

export interface Task {
  /** As the driver handed it over: what it is settled or given back by. */
  readonly message: IncomingMessage;
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

/**
 * Of a message of the channel itself.
 * @param counted the broker counts the tries of what was given back: a later one is a redelivery by its schedule.
 */
export function taskOf(message: IncomingMessage, tag: number, nowNs: number, counted = false): Task {
  const { attempt, value } = message;
  const first = deliveryOf(message, tag, nowNs);
  const delivery = counted && attempt > 1 ? { ...first, flags: first.flags | deliveryFlags.scheduled } : first;
  return { message, delivery, attempt, place: placeOf(message), value, dueAtNs: 0 };
}

/** Of a copy in the retry or the dead letter topic. What is none is a delivery of nobody knows what. */
export function taskOfCopy(message: IncomingMessage, tags: CopyTags, nowNs: number): Task {
  const copy = decodeCopy(message.value, tags.copies);
  if (copy === undefined) {
    const delivery = {
      ...{ producer: none16, seq: 0, flags: deliveryFlags.unidentified | deliveryFlags.scheduled },
      ...{ partition: none16, sendAttempt: 0, latencyUs: 0 },
    };
    const nowhere = { partition: none16 };
    return { message, delivery, attempt: message.attempt, place: nowhere, value: message.value, dueAtNs: 0 };
  }
  const { attempt, place, value, dueAtNs } = copy;
  const { partition } = place;
  const first = deliveryOf({ value, partition, redelivered: false, attempt }, tags.messages, nowNs);
  const delivery = { ...first, flags: first.flags | deliveryFlags.scheduled };
  return { message, delivery, attempt, place, value, dueAtNs };
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
    (isWhereSent(envelope.partition, place) ? 0 : deliveryFlags.misrouted);
  return {
    producer: envelope.producer,
    seq: envelope.seq,
    flags,
    ...place,
    sendAttempt: envelope.attempt,
    latencyUs: Math.max(0, nowNs - envelope.sentAtNs) / 1000,
  };
}

/** Anywhere, if its sender left the choice to the broker. */
function isWhereSent(sentTo: number, { partition }: Position): boolean {
  return sentTo === none16 || sentTo === partition;
}

/** The effect of a message, wherever it came from this time. */
export function effectMessage({ producer, seq }: Delivery, place: Position): EffectMessage {
  return { producer, seq, key: keyOf({ producer, seq }), version: seq, place };
}

/** As journals have it: what has no partition has `none16`. */
function placeOf({ partition = none16, position, epoch }: IncomingMessage): Position {
  return {
    partition,
    ...(position === undefined ? {} : { position }),
    ...(epoch === undefined ? {} : { epoch }),
  };
}

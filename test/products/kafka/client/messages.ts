/** Messages of a made-up run, as a worker would build them. */

import type { OutgoingMessage, ProducerClient, SendResult } from '../../../../src/products/driver.ts';
import { decodeEnvelope, encodeEnvelope, runTag } from '../../../../src/products/envelope.ts';

export const tag = runTag('test');

export function message(
  seq: number,
  options: { partition?: number; attempt?: number; bytes?: number } = {},
): OutgoingMessage {
  const { partition = 0, attempt = 1, bytes = 64 } = options;
  const identity = { producer: 7, seq, attempt, partition, sentAtNs: 0 };
  return {
    producer: 7,
    seq,
    attempt,
    partition,
    value: encodeEnvelope(tag, identity, Buffer.alloc(bytes, seq & 0xff)),
  };
}

export function seqOf(value: Buffer): number {
  const envelope = decodeEnvelope(value, tag);
  if (envelope === undefined || !envelope.ours || !envelope.bodyGood) throw new Error('not a message of this test');
  return envelope.seq;
}

export async function sendAll(producer: ProducerClient, messages: readonly OutgoingMessage[]): Promise<SendResult[]> {
  return Promise.all(messages.map((one) => producer.send(one)));
}

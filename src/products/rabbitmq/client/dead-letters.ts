/** Takes everything out of a group's dead letter queue, once nobody consumes any more. */

import { within } from '../../../wait.ts';
import type { BrokerAccess, DeadLetterOptions, IncomingMessage, PartitionRead } from '../../driver.ts';
import { attemptOf } from './attempts.ts';
import { connectToAny } from './connection.ts';
import { deadQueue } from './topology.ts';

const getMs = 10_000;

/** A read of a queue consumes it; nothing is acknowledged before all was seen, so that a second try finds it all again. */
export async function readDeadLetters(
  access: BrokerAccess,
  { channel, group, signal }: DeadLetterOptions,
  onMessage: (message: IncomingMessage) => void,
): Promise<PartitionRead[]> {
  if (channel.redelivery?.deadLetter !== true) return [{ from: 0, to: 0, complete: true }];
  const connection = await connectToAny(access, 0, signal);
  let count = 0;
  try {
    const open = connection.model.createChannel();
    const amqp = await within(open, { what: 'read dead letters', boundMs: getMs, signal });
    amqp.on('error', () => {}); // the call that it belongs to rejects
    for (;;) {
      const got = amqp.get(deadQueue(group), { noAck: false });
      const message = await within(got, { what: 'read dead letters', boundMs: getMs, signal });
      if (message === false) break;
      const { redelivered } = message.fields;
      onMessage({ value: message.content, redelivered, attempt: attemptOf(message, group, true) });
      count += 1;
    }
    // what another reader held would not have been given to us
    const rest = amqp.checkQueue(deadQueue(group));
    const { messageCount } = await within(rest, { what: 'read dead letters', boundMs: getMs, signal });
    if (messageCount > 0)
      return [{ from: 0, to: count, complete: false, reason: `${messageCount} more came meanwhile` }];
    amqp.ackAll();
    return [{ from: 0, to: count, complete: true }];
  } finally {
    await connection.close();
  }
}

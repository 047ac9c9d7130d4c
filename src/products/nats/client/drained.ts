/**
 * Whether a group has settled everything, as the servers themselves count: nothing that was not delivered yet, nothing
 * delivered that is not settled, and delivery has come to the end of the stream. The last is asked of the stream itself,
 * after the consumer: what is stored in between can only turn the answer into "not yet".
 */

import type { JetStreamManager } from '@nats-io/jetstream';
import { counted } from '../../../counted.ts';
import type { DrainAnswer } from '../../driver.ts';
import { durableOf, streamOf } from './names.ts';

export async function drained(
  manager: JetStreamManager,
  channel: string,
  group: string,
  partitions: readonly number[],
): Promise<DrainAnswer> {
  const open: string[] = [];
  const beyond: string[] = [];
  let left = 0;
  for (const partition of partitions) {
    const stream = streamOf(channel, partition);
    const { num_pending, num_ack_pending, delivered } = await manager.consumers.info(stream, durableOf(group));
    const { state } = await manager.streams.info(stream);
    // It was cut: what is stored from now on takes sequences that count as delivered, and nobody gets it.
    if (delivered.stream_seq > state.last_seq) {
      beyond.push(
        `partition ${partition}: delivered to ${delivered.stream_seq}, but the stream ends at ${state.last_seq}`,
      );
      continue;
    }
    left += num_pending + num_ack_pending;
    // An empty end: everything that was stored there has been removed since, or there never was anything.
    const undelivered = state.messages > 0 && delivered.stream_seq < state.last_seq;
    if (num_pending === 0 && num_ack_pending === 0 && !undelivered) continue;
    open.push(
      `partition ${partition}: ${num_pending} to deliver, ${num_ack_pending} to settle, delivered to ${delivered.stream_seq} of ${state.last_seq}`,
    );
  }
  if (beyond.length > 0) return { proven: false, proof: [...beyond, ...open].join(', '), left };
  if (open.length > 0) return { proven: false, proof: open.join(', '), left };
  const { length } = partitions;
  return {
    proven: true,
    left,
    proof: `nothing to deliver, nothing to settle in ${length} of ${counted(length, 'partition')}`,
  };
}

/**
 * Reads a group's dead letters. NATS has no such queue: a message that was delivered too often stays in its stream, no
 * consumer gets it any more, and the server says so once, to whoever listens (MAX_DELIVERIES advisory). The channel has a
 * stream that listens always; here it is read, and the messages are taken from their own streams.
 */
import type { BrokerAccess, DeadLetterOptions, IncomingMessage, PartitionRead } from '../../driver.ts';
import { Line } from './connection.ts';
import { advisoriesOf, durableOf, partitionOf } from './names.ts';
import { StreamReader } from './reader.ts';
import { partitionsOf } from './streams.ts';

/** What is read of `io.nats.jetstream.advisory.v1.max_deliver`. */
interface Advisory {
  readonly stream: string;
  readonly consumer: string;
  readonly stream_seq: number;
  readonly deliveries: number;
}

export async function readDeadLetters(
  access: BrokerAccess,
  { channel, group, signal }: DeadLetterOptions,
  onMessage: (message: IncomingMessage) => void,
): Promise<PartitionRead[]> {
  await using line = new Line(access, signal);
  // one advisory a message, but a new leader of the consumer may say it again
  const dead = new Map<string, Advisory>();
  const advisories = await new StreamReader(line, advisoriesOf(channel.name), signal).read((_, value) => {
    const advisory = JSON.parse(value.toString('utf8')) as Advisory;
    if (advisory.consumer === durableOf(group)) dead.set(`${advisory.stream}:${advisory.stream_seq}`, advisory);
  });
  const gone = new Map<number, number>();
  const counts = new Map<number, number>();
  const failures = new Map<number, string>();
  for (const { stream, stream_seq: position, deliveries: attempt } of dead.values()) {
    const partition = partitionOf(channel.name, stream);
    if (partition === undefined) continue;
    try {
      const value = await new StreamReader(line, stream, signal).message(position);
      const place = channel.partitions === undefined ? {} : { partition };
      if (value === undefined) gone.set(partition, (gone.get(partition) ?? 0) + 1);
      else onMessage({ value, ...place, position, redelivered: attempt > 1, attempt });
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    } catch (error) {
      failures.set(partition, error instanceof Error ? error.message : String(error));
    }
  }
  return partitionsOf(channel).map((partition): PartitionRead => {
    const place = channel.partitions === undefined ? {} : { partition };
    const read = { ...place, from: 0, to: counts.get(partition) ?? 0 };
    const missing = gone.get(partition);
    const reason =
      (advisories.complete ? undefined : `advisories: ${advisories.reason}`) ??
      failures.get(partition) ??
      (missing === undefined ? undefined : `${missing} dead letters are no longer in the stream`);
    return reason === undefined ? { ...read, complete: true } : { ...read, complete: false, reason };
  });
}

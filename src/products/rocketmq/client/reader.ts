/**
 * The independent reader: every queue of the channel from its first position to the end that its master reports, by plain
 * pulls, which change nothing on the broker. The end is asked again when it was reached: if it grew the reading goes on;
 * if it is lower the log was cut meanwhile, and the queue is not complete.
 *
 * Only masters are read. A slave may lack what its master has, it does not know a topic of the last minute, and without
 * slaveReadEnable it refuses every pull: what it does not show is no proof of anything.
 */
import { messageOf } from '../../../errors.ts';
import { pause } from '../../../wait.ts';
import type { BrokerAccess, DeadLetterOptions, IncomingMessage, PartitionRead, ReadOptions } from '../../driver.ts';
import { askEnds, type Ends, type Pulled, pull } from './broker.ts';
import { Connections } from './connections.ts';
import { Masters } from './masters.ts';
import { partitionProperty } from './producer.ts';
import type { StoredRecord } from './records.ts';
import { deadLetterTopic } from './topic-names.ts';
import { Topology } from './topology.ts';

/** Without any progress, whatever the reason, a queue is given up. */
const patienceMs = 10_000;
const retryMs = 200;
const batch = 1024;

/** One queue on one set of brokers. */
export interface Log {
  ends(): Promise<Ends>;
  pull(offset: number): Promise<Pulled>;
}

/** A queue that is read as one partition. */
interface Source {
  readonly set: string;
  readonly topic: string;
  readonly queueId: number;
  messageOf(record: StoredRecord): IncomingMessage;
}

export function read(
  access: BrokerAccess,
  options: ReadOptions,
  onMessage: (message: IncomingMessage) => void,
): Promise<PartitionRead[]> {
  const { name, partitions } = options.channel;
  const sources = async (topology: Topology): Promise<Source[]> =>
    (await topology.queues(name, partitions)).map(({ set, queue: queueId }, partition) => ({
      ...{ set, topic: name, queueId },
      messageOf: (record) => stored(record, partition, record.offset),
    }));
  return readAll(access, options, sources, onMessage);
}

/** `%DLQ%group`, one queue on each master; those that never had a dead letter have no such topic. */
export function readDeadLetters(
  access: BrokerAccess,
  options: DeadLetterOptions,
  onMessage: (message: IncomingMessage) => void,
): Promise<PartitionRead[]> {
  const { name, partitions } = options.channel;
  const sources = async (topology: Topology): Promise<Source[]> =>
    (await topology.shares(name, partitions)).map(({ set }) => ({
      ...{ set, topic: deadLetterTopic(options.group), queueId: 0 },
      messageOf: (record) => stored(record, claimedPartition(record), undefined),
    }));
  return readAll(access, options, sources, onMessage);
}

async function readAll(
  access: BrokerAccess,
  { group, signal }: ReadOptions,
  sourcesOf: (topology: Topology) => Promise<Source[]>,
  onMessage: (message: IncomingMessage) => void,
): Promise<PartitionRead[]> {
  const connections = new Connections(access);
  try {
    const topology = new Topology(access, connections);
    const masters = new Masters(topology);
    const reads: PartitionRead[] = [];
    for (const [partition, { set, topic, queueId, messageOf: of }] of (await sourcesOf(topology)).entries()) {
      const log = logOf(connections, masters, set, { group, topic, queueId });
      reads.push({ partition, ...(await readLog(log, signal, (record) => onMessage(of(record)))) });
    }
    return reads;
  } finally {
    connections.close();
  }
}

/** Of a copy that the broker made: where its sender said that it belongs. */
export function claimedPartition({ properties }: StoredRecord): number | undefined {
  const claimed = Number(properties.get(partitionProperty) ?? Number.NaN);
  return Number.isSafeInteger(claimed) && claimed >= 0 ? claimed : undefined;
}

export async function readLog(
  log: Log,
  signal: AbortSignal,
  take: (record: StoredRecord) => void,
  stalledMs = patienceMs,
): Promise<Omit<PartitionRead, 'partition'>> {
  let from: number | undefined;
  let position = 0;
  let end: number | undefined;
  let reason = 'not begun';
  let progressAtMs = performance.now();
  const result = (complete: boolean, why: string) => ({
    ...{ from: from ?? 0, to: position, complete },
    ...(complete ? {} : { reason: why }),
  });
  while (!signal.aborted && performance.now() - progressAtMs < stalledMs) {
    try {
      const asked = await log.ends();
      if (from === undefined) {
        from = asked.first;
        position = asked.first;
      } else if (asked.end < position) {
        return result(false, `the log was cut while it was read: it ended at ${end}, now at ${asked.end}`);
      }
      // asked anew after it was reached, and the same
      if (position >= asked.end && end === asked.end) return result(true, '');
      end = asked.end;
      while (position < end && !signal.aborted) {
        const { records, next } = await log.pull(position);
        for (const record of records) take(record);
        if (next <= position) break;
        if (records.length === 0)
          return result(false, `positions ${position} to ${next - 1} were gone when they were asked for`);
        position = next;
        progressAtMs = performance.now();
      }
      reason = `no progress at position ${position} of ${end}`;
    } catch (error) {
      reason = messageOf(error);
    }
    if (end === undefined || position < end) await pause(retryMs, signal);
  }
  return result(false, signal.aborted ? `stopped at position ${position} of ${end ?? 'an end not known'}` : reason);
}

function logOf(
  connections: Connections,
  masters: Masters,
  set: string,
  queue: { readonly group: string; readonly topic: string; readonly queueId: number },
): Log {
  const master = (): string => {
    const address = masters.of(set);
    if (address === undefined) throw new Error(`set ${set} has no master`);
    return address;
  };
  return {
    ends: async () => {
      await masters.refresh();
      return askEnds(connections, master(), queue.topic, queue.queueId);
    },
    pull: (offset) => pull(connections, master(), { ...queue, offset, count: batch }),
  };
}

function stored(record: StoredRecord, partition: number | undefined, position: number | undefined): IncomingMessage {
  return {
    value: Buffer.from(record.body), // a view would keep the whole answer
    ...(partition === undefined ? {} : { partition }),
    ...(position === undefined ? {} : { position }),
    redelivered: false,
    attempt: 1,
  };
}

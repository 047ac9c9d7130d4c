/** What the journals say and what the broker says, each read plainly, for the audit's own soundness. */
import { Kafka, logLevel } from 'kafkajs';
import { eventPass } from '../../../src/journal/decode.ts';
import type { Event } from '../../../src/journal/event.ts';
import { readJournalHeader, scanJournal } from '../../../src/journal/reader.ts';
import { noAbort, poll } from '../../../src/wait.ts';

const readBoundMs = 60_000;

/** `producer/seq/attempt`: one attempt at sending a message. */
export type AttemptName = string;

export interface SendJournals {
  readonly intended: ReadonlySet<AttemptName>;
  readonly acked: ReadonlySet<AttemptName>;
}

export async function sendJournals(journals: readonly string[]): Promise<SendJournals> {
  const intended = new Set<AttemptName>();
  const acked = new Set<AttemptName>();
  for (const journal of journals.filter((path) => readJournalHeader(path).role === 'producer')) {
    await eventsOf(journal, (event) => {
      if (event.kind === 'intended') intended.add(`${event.producer}/${event.seq}/${event.attempt}`);
      if (event.kind === 'outcome' && event.outcome === 'acked')
        acked.add(`${event.producer}/${event.seq}/${event.attempt}`);
    });
  }
  return { intended, acked };
}

/** Positions of each partition that the consumers of the run have on record as received. */
export async function receivedPositions(journals: readonly string[]): Promise<Map<number, Set<number>>> {
  const received = new Map<number, Set<number>>();
  for (const journal of journals.filter((path) => readJournalHeader(path).role === 'consumer')) {
    await eventsOf(journal, (event) => {
      if (event.kind !== 'received' || event.position === undefined) return;
      const positions = received.get(event.partition) ?? new Set();
      received.set(event.partition, positions.add(event.position));
    });
  }
  return received;
}

async function eventsOf(journal: string, onEvent: (event: Event) => void): Promise<void> {
  const { pass, finish } = eventPass(onEvent);
  await scanJournal(journal, pass);
  finish();
}

/** Everything in a topic, by a plain kafkajs consumer in a group of its own: none of our drivers has a hand in it. */
export async function storedAttempts(bootstrap: readonly string[], topic: string): Promise<AttemptName[]> {
  const kafka = plainClient(bootstrap);
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]));
  await admin.disconnect();
  const total = [...ends.values()].reduce((sum, end) => sum + end, 0);
  const stored: AttemptName[] = [];
  const consumer = kafka.consumer({ groupId: `${topic}-plain`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      stored.push(attemptIn(message.value ?? Buffer.alloc(0)));
    },
  });
  await poll(() => (stored.length >= total ? true : undefined), { everyMs: 20, boundMs: readBoundMs, signal: noAbort });
  await consumer.disconnect();
  if (stored.length < total) throw new Error(`read ${stored.length} of ${total} messages of ${topic}`);
  return stored;
}

/** What a group has committed, partition by partition; 0 where it has not. */
export async function committedOffsets(
  bootstrap: readonly string[],
  group: string,
  topic: string,
): Promise<readonly { partition: number; offset: number }[]> {
  const admin = plainClient(bootstrap).admin();
  await admin.connect();
  const answer = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  await admin.disconnect();
  const partitions = answer.find((each) => each.topic === topic)?.partitions ?? [];
  return partitions.map(({ partition, offset }) => ({ partition, offset: Math.max(0, Number(offset)) }));
}

function plainClient(bootstrap: readonly string[]): Kafka {
  return new Kafka({ clientId: 'plain', brokers: [...bootstrap], logLevel: logLevel.NOTHING });
}

/** By the table in products/envelope.ts, read by hand. */
function attemptIn(value: Buffer): AttemptName {
  return `${value.readUInt16LE(12)}/${value.readUInt32LE(16)}/${value.readUInt16LE(14)}`;
}

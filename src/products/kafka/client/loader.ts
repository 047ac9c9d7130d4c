/** Fills a topic: by an idempotent producer of kafkajs, so that what is sent again by it is stored once. */
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { noAbort, pause } from '../../../wait.ts';
import type { BrokerAccess, LoadedMessage, Loader } from '../../driver.ts';
import { type Client, openClient } from './client.ts';
import { logEnds } from './log-ends.ts';
import { openWire } from './wire.ts';

const requestMs = 30_000;
/** A leader that has just started may not say yet where its logs end. */
const settleTries = 50;
const settleMs = 200;

export async function openLoader(access: BrokerAccess, topic: string): Promise<Loader> {
  const { partitions, isEmpty } = await stateOf(access, topic);
  const client = await openClient(access, {
    requestTimeoutMs: requestMs,
    retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 2000 },
  });
  try {
    const producer = await connected(client);
    return {
      partitions,
      isEmpty,
      async send(messages) {
        await producer
          .send({ topic, acks: -1, timeout: requestMs, messages: messages.map(messageFor) })
          .catch((cause: unknown) => {
            throw notLoaded(topic, cause);
          });
      },
      async [Symbol.asyncDispose]() {
        await producer.disconnect().catch(() => undefined);
        client.end();
      },
    };
  } catch (error) {
    client.end();
    throw error;
  }
}

async function connected({ kafka }: Client) {
  const { Partitioners } = await import('kafkajs');
  const producer = kafka.producer({
    ...{ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false },
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return producer;
}

async function stateOf(access: BrokerAccess, topic: string): Promise<Pick<Loader, 'partitions' | 'isEmpty'>> {
  const wire = await openWire(access, requestMs);
  try {
    for (let tries = 1; ; tries++) {
      const metadata = await wire.metadata(topic);
      const { ends, missing } = await logEnds(wire, topic, metadata);
      const partitions = metadata.partitions.length;
      if (missing.length === 0 && partitions > 0) return { partitions, isEmpty: ends.every(({ end }) => end === 0) };
      if (tries === settleTries) throw notLoaded(topic, `partition ${missing[0]?.partition}: ${missing[0]?.reason}`);
      await pause(settleMs, noAbort);
    }
  } finally {
    wire.end();
  }
}

function messageFor({ key, value, headers, partition, timestampMs }: LoadedMessage) {
  return {
    ...{ key, value, headers },
    ...(partition === undefined ? {} : { partition }),
    ...(timestampMs === undefined ? {} : { timestamp: String(timestampMs) }),
  };
}

function notLoaded(topic: string, cause: unknown): ToolError {
  return new ToolError(`${topic} could not be filled: ${messageOf(cause)}`, {
    code: 'not-loaded',
    hint: 'a part of it may be stored: begin again with another --folder',
    exitCode: exitCodes.setup,
    cause,
  });
}

/**
 * One kafkajs producer with its connections. It needs one good connection to be usable; afterwards kafkajs connects
 * again by itself.
 */
import type { Partitioners, Producer } from 'kafkajs';
import { noAbort, pause, within } from '../../../wait.ts';
import type { BrokerAccess, ProducerOptions } from '../../driver.ts';
import { type Client, openClient } from './client.ts';
import type { ProduceFrames } from './frames.ts';
import type { Routes } from './routes.ts';

const connectMs = 5_000;
const reconnectDelayMs = 200;
const closeMs = 1_000;

/** Position of the message, where the broker told it. */
export interface Stored {
  readonly position: number | undefined;
}

export class Line {
  readonly #options: ProducerOptions;
  readonly #client: Client;
  readonly #producer: Producer;
  readonly #acks: number;
  readonly #closing = new AbortController();
  #connected = false;

  constructor(client: Client, options: ProducerOptions, frames: ProduceFrames, routes: Routes) {
    this.#options = options;
    this.#client = client;
    this.#acks = options.oneway ? 0 : options.acks === 'all' ? -1 : 1;
    this.#producer = client.kafka.producer({
      allowAutoTopicCreation: false,
      idempotent: options.idempotent,
      retry: { retries: options.idempotent ? 1 : 0 },
      createPartitioner: explicitPartition(routes),
    });
    this.#producer.on(this.#producer.events.REQUEST_QUEUE_SIZE, ({ payload }) => {
      if (payload.queueSize > 0) frames.queued = true;
    });
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Tries until it succeeds or the line is closed. */
  async connect(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && !this.#connected) {
      try {
        await within(this.#producer.connect(), { what: 'connect', boundMs: connectMs, signal });
        this.#connected = true;
      } catch {
        await pause(reconnectDelayMs, signal);
      }
    }
  }

  async send(value: Buffer, partition: number): Promise<Stored> {
    const {
      channel: { name: topic },
      timeoutMs,
    } = this.#options;
    const messages = [{ key: null, value, partition }];
    const answers = await this.#producer.send({ topic, acks: this.#acks, timeout: timeoutMs, messages });
    const offset = Number(answers[0]?.baseOffset ?? -1);
    return { position: offset >= 0 ? offset : undefined };
  }

  /** kafkajs waits for what is in flight when it disconnects; we wait for that only so long. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#connected = false;
    await within(this.#producer.disconnect(), { what: 'disconnect', boundMs: closeMs, signal: noAbort }).catch(
      () => undefined,
    );
    this.#client.end();
  }
}

export async function openLine(
  access: BrokerAccess,
  options: ProducerOptions,
  frames: ProduceFrames,
  routes: Routes,
): Promise<Line> {
  const client = await openClient(access, {
    requestTimeoutMs: options.timeoutMs,
    onSocket: (socket) => frames.watch(socket),
  });
  return new Line(client, options, frames, routes);
}

/** The partition is chosen by the plan; what the partitioner is shown tells us the leaders that kafkajs knows of. */
function explicitPartition(routes: Routes): typeof Partitioners.DefaultPartitioner {
  return () =>
    ({ message, partitionMetadata }) => {
      routes.learn(partitionMetadata);
      return message.partition ?? 0;
    };
}

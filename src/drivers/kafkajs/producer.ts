/**
 * Sends through a kafkajs producer, one message a request, so that each attempt has exactly one outcome. kafkajs's own
 * retries are off: an attempt is one Produce request. An idempotent producer must be allowed one (kafkajs refuses to be
 * made without), because the broker's duplicate suppression knows only what the client itself repeats.
 *
 * An attempt always ends at its deadline, and when it has ended nothing of it can be written any more (see frames.ts).
 */
import type { Producer, RecordMetadata } from 'kafkajs';
import type { BrokerAccess, OutgoingMessage, ProducerClient, ProducerOptions, SendResult } from '../driver.ts';
import { type Client, openClient } from './client.ts';
import { outcomeOf } from './errors.ts';
import { type Attempt, ProduceFrames } from './frames.ts';
import { Routes } from './routes.ts';
import { pause, within } from './wait.ts';

const firstConnectMs = 5_000;
const reconnectDelayMs = 200;
const closeMs = 1_000;

export async function openProducer(access: BrokerAccess, options: ProducerOptions): Promise<ProducerClient> {
  const frames = new ProduceFrames({ answered: !options.oneway });
  const client = await openClient(access, {
    requestTimeoutMs: options.timeoutMs,
    onSocket: (socket) => frames.watch(socket),
  });
  const producer = new KafkaProducer(access, options, client, frames);
  await producer.open();
  return producer;
}

class KafkaProducer implements ProducerClient {
  readonly #options: ProducerOptions;
  readonly #client: Client;
  readonly #frames: ProduceFrames;
  readonly #producer: Producer;
  readonly #routes: Routes;
  readonly #acks: number;
  readonly #closing = new AbortController();
  #connected = false;

  constructor(access: BrokerAccess, options: ProducerOptions, client: Client, frames: ProduceFrames) {
    this.#options = options;
    this.#client = client;
    this.#frames = frames;
    this.#routes = new Routes(access, options.topic, this.#closing.signal);
    this.#acks = options.oneway ? 0 : options.acks === 'all' ? -1 : 1;
    this.#producer = client.kafka.producer({
      allowAutoTopicCreation: false,
      idempotent: options.idempotent,
      retry: { retries: options.idempotent ? 1 : 0 },
      // The partition is chosen by the plan; the partitioner only shows us the leaders that kafkajs knows of.
      createPartitioner: () => {
        return ({ message, partitionMetadata }) => {
          this.#routes.learn(partitionMetadata);
          return message.partition ?? 0;
        };
      },
    });
    this.#producer.on(this.#producer.events.REQUEST_QUEUE_SIZE, ({ payload }) => {
      if (payload.queueSize > 0) frames.queued = true;
    });
    options.signal.addEventListener('abort', () => this.#closing.abort(), { once: true, signal: this.#closing.signal });
  }

  /** A broker that is down is no error here: a worker that starts in an outage has to outlast it. */
  async open(): Promise<void> {
    const connecting = this.#connect();
    await Promise.race([
      Promise.all([connecting, this.#routes.refresh()]),
      pause(firstConnectMs, this.#closing.signal),
    ]);
  }

  routes(): readonly string[] {
    return this.#routes.list();
  }

  send(message: OutgoingMessage): Promise<SendResult> {
    if (!this.#connected) return Promise.resolve({ outcome: 'rejected', reason: 'not-connected' });
    const attempt = this.#frames.open(message.value);
    return new Promise((resolve) => {
      const end = (result: SendResult): void => {
        clearTimeout(timer);
        this.#frames.close(attempt);
        if (result.outcome !== 'acked' && result.outcome !== 'sent') this.#routes.refreshSoon();
        resolve(result);
      };
      // An answer may be waiting in the socket, if it was this process that slept: let it be read first.
      const timer = setTimeout(
        () => setImmediate(() => end(this.#ended(message, attempt, 'deadline'))),
        this.#options.timeoutMs,
      );
      this.#produce(message).then(
        (answers) => end(this.#acked(message, answers)),
        () => end(this.#ended(message, attempt, 'failed')),
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#connected = false;
    await within(this.#producer.disconnect(), { what: 'disconnect', deadlineMs: closeMs }).catch(() => undefined);
    this.#client.end();
  }

  #produce({ partition, value }: OutgoingMessage): Promise<RecordMetadata[]> {
    const { topic, timeoutMs } = this.#options;
    return this.#producer.send({
      topic,
      acks: this.#acks,
      timeout: timeoutMs,
      messages: [{ key: null, value, partition }],
    });
  }

  #acked({ partition }: OutgoingMessage, answers: readonly RecordMetadata[]): SendResult {
    if (this.#options.oneway) return { outcome: 'sent' };
    const offset = Number(answers[0]?.baseOffset ?? -1);
    return { outcome: 'acked', partition, ...(offset >= 0 ? { position: offset } : {}) };
  }

  #ended({ partition }: OutgoingMessage, { writes, answer }: Attempt, ended: 'failed' | 'deadline'): SendResult {
    return outcomeOf({ partition, writes, answer, ended, watched: !this.#frames.blind });
  }

  /** Until it succeeds: kafkajs's producer needs one good connection to be usable, and reconnects by itself afterwards. */
  async #connect(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && !this.#connected) {
      try {
        await within(this.#producer.connect(), { what: 'connect', deadlineMs: firstConnectMs, signal });
        this.#connected = true;
      } catch {
        await pause(reconnectDelayMs, signal);
      }
    }
  }
}

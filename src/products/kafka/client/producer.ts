/**
 * Sends through a kafkajs producer, one message a request, so that each attempt has exactly one outcome. kafkajs's own
 * retries are off: an attempt is one Produce request, and ends at `timeoutMs` in any case.
 *
 * An idempotent producer must be allowed retries (kafkajs refuses to be made without), because the broker suppresses
 * only what the client itself repeats. It gets the least, one. It also sends one request at a time to each broker, so
 * that an attempt waits for those before it: it has four times as long, and each request has `timeoutMs`. With a shorter
 * time the waiting attempts would all end in a pause of the broker, and what kafkajs does to them would never be seen.
 *
 * When an attempt has ended nothing of it can be written any more (see frames.ts).
 */
import { ToolError } from '../../../errors.ts';
import { inTime } from '../../../wait.ts';
import type { BrokerAccess, OutgoingMessage, ProducerClient, ProducerOptions, SendResult } from '../../driver.ts';
import { outcomeOf } from './errors.ts';
import { type Attempt, ProduceFrames } from './frames.ts';
import { type Line, openLine } from './line.ts';
import { Routes } from './routes.ts';

const firstConnectMs = 5_000;
const idempotentPatience = 4;
/** Nothing was written for so long: whether the brokers are down or kafkajs is stuck, a new line costs nothing. */
const renewAfterMs = 5_000;

export async function openProducer(access: BrokerAccess, options: ProducerOptions): Promise<ProducerClient> {
  if (options.idempotent && (options.oneway || options.acks !== 'all')) {
    throw new ToolError('an idempotent producer needs every send acknowledged by all replicas', {
      code: 'idempotent-acks',
      hint: 'set producers.acks to all and producers.send to sync or async, or idempotent to false',
    });
  }
  const producer = new KafkaProducer(access, options);
  await producer.open();
  return producer;
}

class KafkaProducer implements ProducerClient {
  readonly #access: BrokerAccess;
  readonly #options: ProducerOptions;
  readonly #frames: ProduceFrames;
  readonly #routes: Routes;
  readonly #deadlineMs: number;
  readonly #closing = new AbortController();
  #line: Line | undefined;
  #renewing: Promise<void> | undefined;
  #stuckSinceMs: number | undefined;

  constructor(access: BrokerAccess, options: ProducerOptions) {
    this.#access = access;
    this.#options = options;
    this.#frames = new ProduceFrames({ answered: !options.oneway });
    this.#routes = new Routes(access, options.channel.name, this.#closing.signal);
    this.#deadlineMs = options.timeoutMs * (options.idempotent ? idempotentPatience : 1);
    options.signal.addEventListener('abort', () => this.#closing.abort(), { once: true, signal: this.#closing.signal });
  }

  /** A broker that is down is no error here: a worker that starts in an outage has to outlast it. */
  async open(): Promise<void> {
    this.#line = await openLine(this.#access, this.#options, this.#frames, this.#routes);
    const connecting = Promise.all([this.#line.connect(), this.#routes.refresh()]);
    await inTime(connecting, { boundMs: firstConnectMs, signal: this.#closing.signal });
  }

  routes(): readonly string[] {
    return this.#routes.list();
  }

  send(message: OutgoingMessage): Promise<SendResult> {
    const line = this.#line;
    if (line?.connected !== true) return Promise.resolve({ outcome: 'rejected', reason: 'not-connected' });
    const partition = partitionOf(message);
    const attempt = this.#frames.open(message.value);
    return new Promise((resolve) => {
      const end = (result: SendResult): void => {
        clearTimeout(timer);
        this.#frames.close(attempt);
        this.#judge(result, attempt);
        resolve(result);
      };
      // An answer may be waiting in the socket, if it was this process that slept: let it be read first.
      const expire = (): void => void setImmediate(() => end(this.#failed(partition, attempt, 'deadline')));
      const timer = setTimeout(expire, this.#deadlineMs);
      line.send(message.value, partition).then(
        ({ position }) => end(this.#succeeded(partition, attempt, position)),
        () => end(this.#failed(partition, attempt, 'failed')),
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#renewing;
    await this.#line?.close();
  }

  /** kafkajs's word is not enough: it also reports success when it knows no such partition, and has sent nothing. */
  #succeeded(partition: number, attempt: Attempt, position: number | undefined): SendResult {
    if (this.#frames.blind)
      return this.#options.oneway ? { outcome: 'sent' } : { outcome: 'unknown', reason: 'unseen' };
    if (attempt.writes > 0 && this.#options.oneway) return { outcome: 'sent' };
    if (attempt.writes > 0 && attempt.answer === 0)
      return { outcome: 'acked', partition, ...(position === undefined ? {} : { position }) };
    return this.#failed(partition, attempt, 'failed');
  }

  #failed(partition: number, { writes, answer }: Attempt, ended: 'failed' | 'deadline'): SendResult {
    return outcomeOf({ partition, writes, answer, ended, watched: !this.#frames.blind });
  }

  /** After each attempt: whether the leaders are to be asked for again, and whether this line is of any use. */
  #judge({ outcome }: SendResult, { writes }: Attempt): void {
    if (outcome !== 'acked' && outcome !== 'sent') this.#routes.refreshSoon();
    if (writes > 0) {
      this.#stuckSinceMs = undefined;
      return;
    }
    this.#stuckSinceMs ??= performance.now();
    if (performance.now() - this.#stuckSinceMs < renewAfterMs) return;
    this.#renewing ??= this.#renew();
  }

  async #renew(): Promise<void> {
    const old = this.#line;
    try {
      if (this.#closing.signal.aborted) return;
      this.#line = await openLine(this.#access, this.#options, this.#frames, this.#routes);
      void this.#line.connect();
      await old?.close();
    } finally {
      this.#stuckSinceMs = undefined;
      this.#renewing = undefined;
    }
  }
}

function partitionOf({ partition }: OutgoingMessage): number {
  if (partition === undefined) throw new Error('every message of a Kafka topic has a partition');
  return partition;
}

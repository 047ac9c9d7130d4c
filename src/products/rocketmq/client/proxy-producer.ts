/**
 * Sends by rocketmq-client-nodejs, through the proxy, one attempt a send: its own repeats would store a message several
 * times and call that one. The proxy chooses the queue, and its answer does not say which. A client whose connection broke
 * is followed by another one, which is connected sooner.
 */
import type { Producer } from 'rocketmq-client-nodejs';
import { DeadlineError, noAbort, pause, untilAborted, within } from '../../../wait.ts';
import type { BrokerAccess, OutgoingMessage, ProducerClient, ProducerOptions, SendResult } from '../../driver.ts';
import { endpoints, loadLibrary, shutDown, silent, startUp } from './node-client.ts';
import { outcomeOfError, unavailable } from './proxy-answers.ts';

const firstConnectMs = 5_000;
const pollMs = 20;
const retryMs = 250;
/** The library's own time is longer than ours, so that it is ours that ends an attempt. */
const lateMs = 1_000;

export async function openProxyProducer(access: BrokerAccess, options: ProducerOptions): Promise<ProducerClient> {
  const producer = new ProxyProducer(access, options);
  await producer.connected(firstConnectMs); // a proxy that is down is outlasted
  return producer;
}

interface Live {
  readonly client: Producer;
  readonly broken: AbortController;
}

class ProxyProducer implements ProducerClient {
  readonly placedByBroker = true;
  readonly #access: BrokerAccess;
  readonly #options: ProducerOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #live: Live | undefined;

  constructor(access: BrokerAccess, options: ProducerOptions) {
    this.#access = access;
    this.#options = options;
    const { signal } = options;
    signal.addEventListener('abort', () => this.#closing.abort(), { once: true, signal: this.#closing.signal });
    if (signal.aborted) this.#closing.abort();
    this.#running = this.#keep();
  }

  routes(): readonly string[] {
    return [];
  }

  /** Undefined when there is no client within the time. */
  async connected(patienceMs: number): Promise<Live | undefined> {
    const { signal } = this.#closing;
    const endMs = performance.now() + patienceMs;
    while (this.#live === undefined && performance.now() < endMs && !signal.aborted) await pause(pollMs, signal);
    return this.#live;
  }

  async send(message: OutgoingMessage): Promise<SendResult> {
    const { channel, timeoutMs } = this.#options;
    const endMs = performance.now() + timeoutMs;
    const live = this.#live ?? (await this.connected(timeoutMs));
    if (live === undefined) return { outcome: 'rejected', reason: 'not-connected' };
    try {
      const sent = live.client.send({ topic: channel.name, body: message.value });
      await within(sent, { boundMs: Math.max(1, endMs - performance.now()), signal: noAbort });
      return { outcome: 'acked' };
    } catch (error) {
      if (error instanceof DeadlineError) return { outcome: 'unknown', reason: 'deadline' };
      if ((error as { readonly code?: unknown }).code === unavailable) live.broken.abort();
      return outcomeOfError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    const { Producer: Client } = loadLibrary();
    const { channel, timeoutMs } = this.#options;
    while (!signal.aborted) {
      const client = new Client({
        ...{ endpoints: endpoints(this.#access), namespace: '', logger: silent, requestTimeout: timeoutMs + lateMs },
        ...{ topics: [channel.name], maxAttempts: 1 },
      });
      try {
        await startUp(client, signal);
        this.#live = { client, broken: new AbortController() };
        await untilAborted(this.#live.broken.signal, signal);
        this.#live = undefined;
        await shutDown(client);
      } catch {
        // the proxy is away, or knows the topic later
      }
      await pause(retryMs, signal);
    }
  }
}

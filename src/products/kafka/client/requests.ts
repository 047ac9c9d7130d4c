/**
 * kafkajs's own connections and codecs, without its loops and retries: one request, one answer, decoded but not judged.
 * This is its inner Broker, which its public interface does not give out.
 */
import { createRequire } from 'node:module';
import { noAbort, within } from '../../../wait.ts';
import type { Client } from './client.ts';

export class Requests {
  readonly #client: Client;
  readonly #requestTimeoutMs: number;
  readonly #inner = loadInner();
  readonly #brokers = new Map<string, InnerBroker>();

  constructor(client: Client, requestTimeoutMs: number) {
    this.#client = client;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  /** A connection on which it failed is not used again. */
  async ask<T>(address: string, api: string, request: object, signal = noAbort): Promise<T> {
    const boundMs = this.#requestTimeoutMs;
    const what = `${api} at ${address}`;
    try {
      return await within(this.#request<T>(address, api, request), { what, boundMs, signal });
    } catch (error) {
      this.#drop(address);
      throw error;
    }
  }

  async #request<T>(address: string, api: string, request: object): Promise<T> {
    const { apiKeys, requests } = this.#inner;
    const broker = this.#broker(address);
    if (!broker.isConnected()) await broker.connect();
    const definition = requests[api];
    const key = apiKeys[api];
    if (definition === undefined || key === undefined) throw new Error(`kafkajs has no request named ${api}`);
    const made = broker.lookupRequest(key, definition)(request);
    return (await broker.connectionPool.send({
      ...made,
      response: { decode: made.response.decode, parse: async (data: unknown) => data },
    })) as T;
  }

  #broker(address: string): InnerBroker {
    const known = this.#brokers.get(address);
    if (known !== undefined) return known;
    const { Broker, ConnectionPool } = this.#inner;
    const colon = address.lastIndexOf(':');
    const logger = this.#client.kafka.logger();
    const endpoint = { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
    const connectionPool = new ConnectionPool({
      ...this.#client.config,
      ...endpoint,
      logger,
      enforceRequestTimeout: true,
    });
    const broker = new Broker({ connectionPool, logger, allowAutoTopicCreation: false });
    this.#brokers.set(address, broker);
    return broker;
  }

  #drop(address: string): void {
    void this.#brokers
      .get(address)
      ?.disconnect()
      .catch(() => undefined);
    this.#brokers.delete(address);
  }

  end(): void {
    this.#client.end();
    // Ends kafkajs's timers; it waits for requests that nobody answers any more, so nothing waits for it.
    for (const broker of this.#brokers.values()) void broker.disconnect().catch(() => undefined);
    this.#brokers.clear();
  }
}

interface Made {
  readonly request: unknown;
  readonly response: { decode(raw: Buffer): Promise<unknown> };
}

interface InnerBroker {
  readonly connectionPool: { send(request: object): Promise<unknown> };
  readonly lookupRequest: (apiKey: number, definition: object) => (request: object) => Made;
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

interface Inner {
  readonly Broker: new (options: object) => InnerBroker;
  readonly ConnectionPool: new (options: object) => InnerBroker['connectionPool'];
  readonly apiKeys: Readonly<Record<string, number>>;
  readonly requests: Readonly<Record<string, object>>;
}

function loadInner(): Inner {
  const require = createRequire(import.meta.url);
  return {
    Broker: require('kafkajs/src/broker'),
    ConnectionPool: require('kafkajs/src/network/connectionPool'),
    apiKeys: require('kafkajs/src/protocol/requests/apiKeys'),
    requests: require('kafkajs/src/protocol/requests').requests,
  };
}

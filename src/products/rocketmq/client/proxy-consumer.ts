/** A consumer of rocketmq-client-nodejs that lasts as long as the run: a session that ends is followed by a new one. */

import { noAbort, pause, within } from '../../../wait.ts';
import type { BrokerAccess, ConsumerClient, ConsumerHandlers, ConsumerOptions } from '../../driver.ts';
import { Connections } from './connections.ts';
import type { Queue } from './queues.ts';
import { Topology } from './topology.ts';

const retryMs = 500;
const closeMs = 5_000;

export interface SessionWorld {
  readonly access: BrokerAccess;
  readonly options: ConsumerOptions;
  /** By partition. */
  readonly queues: readonly Queue[];
  readonly handlers: ConsumerHandlers;
  /** The client has begun to consume. */
  joined(): void;
  readonly signal: AbortSignal;
}

/** One life of a client: resolves or rejects when it is over, for whatever reason. */
export type Session = (world: SessionWorld) => Promise<void>;

export class ProxyConsumer implements ConsumerClient {
  readonly #access: BrokerAccess;
  readonly #options: ConsumerOptions;
  readonly #session: Session;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(access: BrokerAccess, options: ConsumerOptions, session: Session) {
    this.#access = access;
    this.#options = options;
    this.#session = session;
    options.signal.addEventListener('abort', () => this.#closing.abort(), { once: true, signal: this.#closing.signal });
    if (options.signal.aborted) this.#closing.abort();
  }

  start(handlers: ConsumerHandlers): Promise<void> {
    return new Promise((resolve, reject) => {
      let started = false;
      const joined = (): void => {
        if (started) return;
        started = true;
        handlers.assigned([]); // who is given what is the proxy's choice, message by message
        resolve();
      };
      this.#running = this.#supervise(handlers, joined).then(() => {
        if (!started) reject(new Error('the consumer was stopped before it had joined its group'));
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await within(this.#running, { what: 'end of the consumer', boundMs: closeMs, signal: noAbort }).catch(
      () => undefined,
    );
  }

  async #supervise(handlers: ConsumerHandlers, joined: () => void): Promise<void> {
    const { signal } = this.#closing;
    let queues: readonly Queue[] = [];
    while (!signal.aborted) {
      try {
        if (queues.length === 0) queues = await this.#askQueues();
        await this.#session({ access: this.#access, options: this.#options, queues, handlers, joined, signal });
      } catch {
        // proxy, name server or broker are away: the next session may find them
      }
      await pause(retryMs, signal);
    }
  }

  async #askQueues(): Promise<readonly Queue[]> {
    const connections = new Connections();
    try {
      const { name, partitions } = this.#options.channel;
      return await new Topology(this.#access, connections).queues(name, partitions);
    } finally {
      connections.close();
    }
  }
}

/** Batches of one partition one after the other, those of several at the same time. */
export class Lanes {
  readonly #last = new Map<number | undefined, Promise<void>>();

  run(partition: number | undefined, work: () => Promise<void>): Promise<void> {
    const turn = (this.#last.get(partition) ?? Promise.resolve()).then(work);
    this.#last.set(
      partition,
      turn.catch(() => undefined), // its own caller is told
    );
    return turn;
  }
}

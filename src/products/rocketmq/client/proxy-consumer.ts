/** A consumer of rocketmq-client-nodejs that lasts as long as the run: a session that ends is followed by a new one. */

import { pause } from '../../../wait.ts';
import type { BrokerAccess, ConsumerClient, ConsumerHandlers, ConsumerOptions } from '../../driver.ts';
import { lastingConsumer } from '../../lasting-consumer.ts';
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

export function proxyConsumer(access: BrokerAccess, options: ConsumerOptions, session: Session): ConsumerClient {
  return lastingConsumer(options, {
    consume: async (handlers, joined, signal) => {
      let isIn = false;
      const begun = (): void => {
        if (!isIn) handlers.assigned([]); // who is given what is the proxy's choice, message by message
        isIn = true;
        joined();
      };
      let queues: readonly Queue[] = [];
      while (!signal.aborted) {
        try {
          if (queues.length === 0) queues = await askQueues(access, options);
          await session({ access, options, queues, handlers, joined: begun, signal });
        } catch {
          // proxy, name server or broker are away: the next session may find them
        }
        await pause(retryMs, signal);
      }
    },
    refused: (error) => (error instanceof Error ? error : new Error(String(error))),
    closeMs,
  });
}

async function askQueues(access: BrokerAccess, { channel }: ConsumerOptions): Promise<readonly Queue[]> {
  const connections = new Connections(access);
  try {
    return await new Topology(access, connections).queues(channel.name, channel.partitions);
  } finally {
    connections.close();
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

/** A consumer's ways into the retry topic of its group and its dead letter topic, and out of the first. */

import type { RunClock } from '../journal/clock.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { Channel } from '../products/channel.ts';
import type { ConsumerClient, Driver, ProducerClient } from '../products/driver.ts';
import type { ConsumerWork, WorkerConfig } from './config.ts';
import { copyTag } from './copy.ts';
import { Moves } from './moves.ts';
import type { Stops } from './stops.ts';

/** Of one try at sending a copy. */
const sendTimeoutMs = 3000;

export interface Redelivery extends AsyncDisposable {
  readonly moves: Moves;
  /** Consumes the retry topic. */
  readonly queue: ConsumerClient;
}

interface RedeliveryWorld {
  readonly journal: JournalWriter;
  readonly clock: RunClock;
  readonly stops: Stops;
  readonly stop: AbortSignal;
}

/** Undefined where consumers make no copies: what failed is given back to the broker. */
export async function openRedelivery(
  driver: Driver,
  config: WorkerConfig,
  work: ConsumerWork,
  world: RedeliveryWorld,
): Promise<Redelivery | undefined> {
  const { redelivery, sessionTimeoutMs, commit } = work;
  if (redelivery?.by !== 'copies') return undefined;
  // what was acknowledged before it is processed must be moved in any case, told to stop or not
  const stop = commit === 'after' ? world.stop : new AbortController().signal;
  const open = (channel: Channel): Promise<ProducerClient> =>
    driver.producer(config.access, {
      ...{ channel, acks: 'all', oneway: false, idempotent: false, timeoutMs: sendTimeoutMs, signal: stop },
    });
  const { retry: retryChannel, retryGroup, dead: deadChannel } = redelivery;
  const opened: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
  };
  const keep = <T extends AsyncDisposable>(each: T): T => {
    opened.push(each);
    return each;
  };
  try {
    const queue = keep(
      await driver.consumer(config.access, {
        ...{ channel: retryChannel, group: retryGroup, sessionTimeoutMs },
        ...{ settleOnDelivery: false, signal: world.stop },
      }),
    );
    const retry = keep(await open(retryChannel));
    const dead = deadChannel === undefined ? {} : { dead: keep(await open(deadChannel)) };
    const moves = new Moves(work, redelivery, { ...world, stop, tag: copyTag(config.header.run), retry, ...dead });
    return { moves, queue, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

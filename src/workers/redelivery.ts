/** A consumer's ways into the retry topic of its group and its dead letter topic, and out of the first. */
import type { ConsumerClient, Driver, ProducerClient } from '../products/driver.ts';
import type { RunClock } from '../journal/clock.ts';
import type { JournalWriter } from '../journal/writer.ts';
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

/** Undefined where what failed is given back to the broker. */
export async function openRedelivery(
  driver: Driver,
  config: WorkerConfig,
  work: ConsumerWork,
  world: RedeliveryWorld,
): Promise<Redelivery | undefined> {
  const { redelivery, sessionTimeoutMs, commit } = work;
  if (redelivery === undefined) return undefined;
  // what was acknowledged before it is processed must be moved in any case, told to stop or not
  const stop = commit === 'after' ? world.stop : new AbortController().signal;
  const open = (topic: string): Promise<ProducerClient> =>
    driver.producer(config.access, {
      ...{ topic, acks: 'all', oneway: false, idempotent: false, timeoutMs: sendTimeoutMs, signal: stop },
    });
  const { retryTopic, retryGroup, deadTopic } = redelivery;
  const opened: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
  };
  const keep = <T extends AsyncDisposable>(each: T): T => {
    opened.push(each);
    return each;
  };
  try {
    const options = { topic: retryTopic, group: retryGroup, sessionTimeoutMs, signal: world.stop };
    const queue = keep(await driver.consumer(config.access, options));
    const retry = keep(await open(retryTopic));
    const dead = deadTopic === undefined ? {} : { dead: keep(await open(deadTopic)) };
    const moves = new Moves(work, redelivery, { ...world, stop, tag: copyTag(config.header.run), retry, ...dead });
    return { moves, queue, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The consumer process: consumes until it is told to stop. */

import { messageId } from '../effects/message.ts';
import { StoreWatch, storeEvent } from '../effects/watch.ts';
import { runClock } from '../journal/clock.ts';
import { JournalWriter } from '../journal/writer.ts';
import { runTag } from '../products/envelope.ts';
import { loadDriver } from '../products/registry.ts';
import { noCounters } from './config.ts';
import { Consumer } from './consumer.ts';
import { copyTag } from './copy.ts';
import { failingBy } from './failing.ts';
import { runWorker } from './frame.ts';
import { openOutside } from './outside.ts';
import { Processing } from './processing.ts';
import { openRedelivery } from './redelivery.ts';
import { RetryQueue } from './retry-queue.ts';
import { Stops } from './stops.ts';

const flushEveryMs = 20;

runWorker(async (worker) => {
  const { config, stop, ready, assigned, report, onStand, standing } = worker;
  const { work } = config;
  if (work.role !== 'consumer') throw new Error(`a consumer program was given the work of a ${work.role}`);
  if (config.own !== undefined) return (await import('./own/consumer.ts')).consume(worker, config.own, work);
  const clock = runClock(config.header.clock);
  using journal = new JournalWriter(config.journal, config.header, clock);
  const driver = await loadDriver(config.driver);
  using watch = new StoreWatch((sight) => {
    journal.append(storeEvent(sight, work.groupNumber, work.session));
    journal.flush(); // whoever is killed in an outage has said so
  });
  await using outside = await openOutside(work, watch, stop);
  const stops = new Stops((_, message) => {
    journal.flush(); // what was recorded so far is what happened
    standing(message && messageId(message));
  });
  onStand((asked) => (asked === undefined ? stops.clear() : stops.add(asked)));
  await using redelivery = await openRedelivery(driver, config, work, { journal, clock, stops, stop });
  const { group, sessionTimeoutMs } = work;
  // the last to be opened, for it is the first to end: what it hands over then is processed with all of the above
  await using client = await driver.consumer(config.access, {
    ...{ channel: config.channel, group, sessionTimeoutMs },
    ...{ settleOnDelivery: work.commit === 'before', signal: stop },
  });
  await ready();
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const processing = new Processing(work, {
    ...{ journal, stops, stop, settles: driver.semantics.settles },
    ...(outside === undefined ? {} : { effects: outside }),
    ...(work.failing === undefined ? {} : { failing: failingBy(work.failing, config.seed) }),
    ...(redelivery === undefined ? {} : { moves: redelivery.moves }),
  });
  const missing = new Set(redelivery === undefined ? ['topic'] : ['topic', 'retry topic']);
  const joined = (what: string) => (): void => {
    missing.delete(what);
    if (missing.size === 0) assigned();
  };
  const { run } = config.header;
  const tags = { messages: runTag(run), copies: copyTag(run) };
  const world = { journal, clock, processing, fail };
  const consumer = new Consumer(work, tags.messages, { ...world, joined: joined('topic') });
  const queue = new RetryQueue(work, tags, { ...world, joined: joined('retry topic') });
  const counters = () => ({
    ...noCounters,
    received: consumer.received + queue.received,
    inHand: consumer.inHand + queue.inHand,
  });
  const flushing = setInterval(() => {
    journal.flush();
    report(counters());
  }, flushEveryMs);
  try {
    const told = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
    const started = Promise.all([client.start(consumer), redelivery?.queue.start(queue)]);
    if (!stop.aborted) await Promise.race([started.then(() => told), told, failure]);
    await Promise.all([consumer.idle(), queue.idle()]);
    await client[Symbol.asyncDispose]();
    await Promise.all([consumer.idle(), queue.idle()]);
  } finally {
    clearInterval(flushing);
  }
  return { finished: true, counters: counters() };
});

/** The consumer process: consumes until it is told to stop. */

import { runTag } from '../drivers/envelope.ts';
import { loadDriver } from '../drivers/registry.ts';
import { messageId } from '../effects/message.ts';
import { runClock } from '../journal/clock.ts';
import { JournalWriter } from '../journal/writer.ts';
import { runWorker } from './channel.ts';
import { noCounters } from './config.ts';
import { Consumer } from './consumer.ts';
import { openOutside } from './outside.ts';
import { Processing } from './processing.ts';
import { Stops } from './stops.ts';

const flushEveryMs = 20;

runWorker(async ({ config, stop, ready, assigned, report, onStand, standing }) => {
  const { work } = config;
  if (work.role !== 'consumer') throw new Error(`a consumer program was given the work of a ${work.role}`);
  const clock = runClock(config.header.clock);
  using journal = new JournalWriter(config.journal, config.header, clock);
  const driver = await loadDriver(config.driver);
  const { group, sessionTimeoutMs } = work;
  await using client = await driver.consumer(config.access, {
    topic: config.topic,
    group,
    sessionTimeoutMs,
    signal: stop,
  });
  await using outside = await openOutside(work, stop);
  const stops = new Stops((_, message) => {
    journal.flush(); // what was recorded so far is what happened
    standing(message && messageId(message));
  });
  onStand((asked) => (asked === undefined ? stops.clear() : stops.add(asked)));
  await ready();
  const counters = () => ({ ...noCounters, received: consumer.received });
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const processing = new Processing(work, {
    journal,
    stops,
    stop,
    ...(outside === undefined ? {} : { effects: outside }),
  });
  const tag = runTag(config.header.run);
  const consumer = new Consumer(work, tag, { journal, clock, processing, fail, joined: assigned });
  const flushing = setInterval(() => {
    journal.flush();
    report(counters());
  }, flushEveryMs);
  try {
    const told = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
    if (!stop.aborted) await Promise.race([client.start(consumer).then(() => told), told, failure]);
    await consumer.idle();
  } finally {
    clearInterval(flushing);
  }
  return { finished: true, counters: counters() };
});

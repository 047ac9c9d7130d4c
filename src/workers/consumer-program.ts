/** The consumer process: consumes until it is told to stop. */

import { runTag } from '../drivers/envelope.ts';
import { loadDriver } from '../drivers/registry.ts';
import { runClock } from '../journal/clock.ts';
import { JournalWriter } from '../journal/writer.ts';
import { runWorker } from './channel.ts';
import { noCounters } from './config.ts';
import { Consumer } from './consumer.ts';

const flushEveryMs = 20;

runWorker(async ({ config, stop, ready, assigned, report }) => {
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
  await ready();
  const counters = () => ({ ...noCounters, received: consumer.received });
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const consumer = new Consumer(work, runTag(config.header.run), { journal, clock, fail, joined: assigned });
  const flushing = setInterval(() => {
    journal.flush();
    report(counters());
  }, flushEveryMs);
  try {
    const told = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
    if (!stop.aborted) await Promise.race([client.start(consumer).then(() => told), told, failure]);
  } finally {
    clearInterval(flushing);
  }
  return { finished: true, counters: counters() };
});

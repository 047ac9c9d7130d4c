/** The producer process. */

import { runClock } from '../journal/clock.ts';
import { JournalWriter } from '../journal/writer.ts';
import { loadDriver } from '../products/registry.ts';
import { runWorker } from './frame.ts';
import { Producer } from './producer.ts';

runWorker(async (worker) => {
  const { config, stop, ready, report } = worker;
  const { work } = config;
  if (work.role !== 'producer') throw new Error(`a producer program was given the work of a ${work.role}`);
  if (config.own !== undefined) return (await import('./own/producer.ts')).produce(worker, config.own, work);
  const clock = runClock(config.header.clock);
  using journal = new JournalWriter(config.journal, config.header, clock);
  const driver = await loadDriver(config.driver);
  await using client = await driver.producer(config.access, {
    channel: config.channel,
    acks: work.acks,
    oneway: work.send === 'oneway',
    idempotent: work.idempotent,
    timeoutMs: work.timeoutMs,
    signal: stop,
  });
  await ready();
  const producer = new Producer(config, work, { client, journal, clock, stop, report });
  const finished = await producer.run();
  return { finished, counters: producer.counters() };
});

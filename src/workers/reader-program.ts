/** The independent reader: writes down what the broker's log holds. Its reads are never receipts. */

import { runClock } from '../journal/clock.ts';
import { none16 } from '../journal/event.ts';
import { JournalWriter } from '../journal/writer.ts';
import { runTag } from '../products/envelope.ts';
import { loadDriver } from '../products/registry.ts';
import { noCounters } from './config.ts';
import { runWorker } from './frame.ts';
import { deliveryOf } from './task.ts';

runWorker(async ({ config, stop, ready, report }) => {
  const { work } = config;
  if (work.role !== 'reader') throw new Error(`a reader program was given the work of a ${work.role}`);
  const clock = runClock(config.header.clock);
  using journal = new JournalWriter(config.journal, config.header, clock);
  const driver = await loadDriver(config.driver);
  if (driver.read === undefined) throw new Error(`driver ${driver.name} has no independent reader`);
  await ready();
  const tag = runTag(config.header.run);
  let received = 0;
  const counters = () => ({ ...noCounters, received });
  const options = { channel: config.channel, group: work.group, signal: stop };
  const partitions = await driver.read(config.access, options, (message) => {
    journal.stored(deliveryOf(message, tag, clock()));
    received += 1;
    report(counters());
  });
  for (const { partition = none16, ...detail } of partitions) {
    journal.append({ kind: 'read', detail: { partition, ...detail } });
  }
  return { finished: partitions.every((partition) => partition.complete), counters: counters() };
});

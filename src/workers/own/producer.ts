/** The recorder of a producer of the user's own: journal, pace and retries are as ours, what sends is its command. */
import { runClock } from '../../journal/clock.ts';
import { JournalWriter } from '../../journal/writer.ts';
import type { OwnCommandConfig, ProducerWork } from '../config.ts';
import type { Done, Worker } from '../frame.ts';
import { Producer } from '../producer.ts';
import { endOf } from './command.ts';
import { Complaints } from './complaints.ts';
import { openCommand } from './open.ts';
import { OwnProducer } from './producer-client.ts';

export async function produce(worker: Worker, own: OwnCommandConfig, work: ProducerWork): Promise<Done> {
  const { config, stop, ready, report } = worker;
  const clock = runClock(config.header.clock);
  const journal = new JournalWriter(config.journal, config.header, clock);
  const { timeoutMs } = work;
  const complaints = new Complaints(worker.complain);
  await using client = new OwnProducer({
    ...{ journal, clock, timeoutMs, partitions: config.channel.partitions },
    complain: (text) => complaints.add(text, false), // no answer makes an attempt unknown, whatever was said
  });
  const opened = await openCommand(worker, own, work, complaints, {
    said: (said) => client.take(said),
    pause: () => {},
  });
  const { command } = opened;
  client.begin(command, opened.ready.partitioner === 'own');
  await ready(opened.ready.client);
  const ending = new AbortController();
  stop.addEventListener('abort', () => ending.abort(), { once: true });
  const gone = command.ended.then(() => ending.abort());
  const producer = new Producer(config, work, { client, journal, clock, stop: ending.signal, report });
  const finished = await Promise.race([gone, producer.run()]);
  if (finished === undefined) {
    journal.flush(); // and not closed: whoever sent is dead, and what it has not answered nobody was told of
    return { finished: false, counters: producer.counters(), command: endOf(await command.ended, true) };
  }
  command.signal('SIGTERM');
  const ended = endOf(await command.ended, false);
  journal.close();
  return { finished, counters: producer.counters(), command: ended };
}

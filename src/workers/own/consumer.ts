/** The recorder of a consumer of the user's own: it writes down what the command reports, and ends it when it is told to. */
import { runClock } from '../../journal/clock.ts';
import { JournalWriter } from '../../journal/writer.ts';
import { runTag } from '../../products/envelope.ts';
import { untilAborted } from '../../wait.ts';
import { type ConsumerWork, noCounters, type OwnCommandConfig } from '../config.ts';
import type { Done, Worker } from '../frame.ts';
import { endOf } from './command.ts';
import { Complaints } from './complaints.ts';
import { ConsumerLog } from './consumer-log.ts';
import { openCommand } from './open.ts';

const flushEveryMs = 20;

export async function consume(worker: Worker, own: OwnCommandConfig, work: ConsumerWork): Promise<Done> {
  const { config, stop, ready, assigned, report } = worker;
  const clock = runClock(config.header.clock);
  const journal = new JournalWriter(config.journal, config.header, clock);
  const complaints = new Complaints(worker.complain);
  const log = new ConsumerLog(work, {
    ...{ journal, clock, tag: runTag(config.header.run), partitions: config.channel.partitions },
    ...{ joined: assigned, complain: complaints.add },
  });
  const counters = () => ({ ...noCounters, received: log.received, inHand: log.inHand });
  const flushing = setInterval(() => {
    journal.flush();
    report(counters());
  }, flushEveryMs);
  try {
    const { command, ready: answer } = await openCommand(worker, own, work, complaints, {
      said: (said) => log.take(said),
      pause: () => journal.flush(),
    });
    await ready(answer.client);
    const ended = await Promise.race([command.ended, untilAborted(stop)]);
    if (ended !== undefined) {
      journal.flush(); // and not closed: whoever consumed is dead
      return { finished: false, counters: counters(), command: endOf(ended, true) };
    }
    command.signal('SIGTERM');
    const inOrder = endOf(await command.ended, false);
    journal.close();
    return { finished: true, counters: counters(), command: inOrder };
  } finally {
    clearInterval(flushing);
  }
}

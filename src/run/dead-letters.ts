/**
 * The dead letter topics of a run, read when all was processed by a reader that is in none of its groups: what is there is
 * written down as evidence, whatever consumers said that they put there.
 */
import { join } from 'node:path';
import type { BrokerAccess, PartitionRead } from '../products/driver.ts';
import { runTag } from '../products/envelope.ts';
import { JournalWriter } from '../journal/writer.ts';
import { copyTag } from '../workers/copy.ts';
import { taskOfCopy } from '../workers/task.ts';
import type { RunContext } from './context.ts';

export class DeadLetters implements Disposable {
  readonly #context: RunContext;
  readonly #access: BrokerAccess;
  readonly #journal: JournalWriter;

  constructor(context: RunContext, access: BrokerAccess) {
    const { folder, header, clock } = context;
    this.#context = context;
    this.#access = access;
    const path = join(folder.journals, 'dead-letters.journal');
    this.#journal = new JournalWriter(path, header('dead-letters', 'dead-letters'), clock);
  }

  /** @throws Error when the broker does not answer: nobody knows then. */
  async record(group: number, signal: AbortSignal): Promise<{ readonly ok: boolean; readonly proof: string }> {
    const { driver, queues, readerGroup, id, clock } = this.#context;
    const topic = queues[group]?.deadTopic;
    if (topic === undefined) throw new Error(`group ${group} has no dead letter topic`);
    if (driver.read === undefined) return { ok: false, proof: `driver ${driver.name} cannot read it independently` };
    const tags = { messages: runTag(id), copies: copyTag(id) };
    let found = 0;
    const options = { topic, group: `${readerGroup}-dead`, signal };
    const reads = await driver.read(this.#access, options, (message) => {
      const { delivery, attempt } = taskOfCopy(message, tags, clock());
      const { producer, seq, flags, partition, sendAttempt, latencyUs } = delivery;
      const known = { producer, seq, flags, partition, sendAttempt, latencyUs };
      this.#journal.append({ kind: 'dead', ...known, group, attempt });
      found += 1;
    });
    this.#journal.flush();
    const open = reads.filter(({ complete }) => !complete);
    const whole = open.length === 0 && reads.length === this.#context.plan.topic.partitions;
    return { ok: whole, proof: whole ? `${found} dead letters read` : `${found} read, but ${gapOf(open)}` };
  }

  [Symbol.dispose](): void {
    this.#journal.close();
  }
}

function gapOf(open: readonly PartitionRead[]): string {
  const [first] = open;
  return first === undefined
    ? 'not every partition is there'
    : `partition ${first.partition}: ${first.reason ?? 'unfinished'}`;
}

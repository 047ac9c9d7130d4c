/**
 * The dead letters of a run, read when all was processed by a reader that is in none of its groups: what is there is written
 * down as evidence, whatever consumers said that they put there.
 */
import { join } from 'node:path';
import { JournalWriter } from '../../journal/writer.ts';
import type { BrokerAccess, PartitionRead } from '../../products/driver.ts';
import { runTag } from '../../products/envelope.ts';
import { copyTag } from '../../workers/copy.ts';
import { type Task, taskOf, taskOfCopy } from '../../workers/task.ts';
import type { RunContext } from '../context.ts';

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
    let found = 0;
    const take = (task: Task): void => {
      const { producer, seq, flags, partition, sendAttempt, latencyUs } = task.delivery;
      const known = { producer, seq, flags, partition, sendAttempt, latencyUs };
      this.#journal.append({ kind: 'dead', ...known, group, attempt: task.attempt });
      found += 1;
    };
    const reads = await this.#read(group, take, signal);
    if (reads === undefined) return { ok: false, proof: 'nobody can read them independently of the groups' };
    this.#journal.flush();
    const open = reads.filter(({ complete }) => !complete);
    return {
      ok: open.length === 0,
      proof: open.length === 0 ? `${found} dead letters read` : `${found} read, but ${gapOf(open)}`,
    };
  }

  /** By whoever put them there: consumers' copies, or the broker itself. Undefined: there is no such reader. */
  async #read(
    group: number,
    take: (task: Task) => void,
    signal: AbortSignal,
  ): Promise<readonly PartitionRead[] | undefined> {
    const { driver, queues, groups, channel, readerGroup, id, clock } = this.#context;
    const tags = { messages: runTag(id), copies: copyTag(id) };
    const dead = queues[group]?.dead;
    if (dead === undefined) {
      const options = { channel, group: groups[group] as string, signal };
      return driver.readDeadLetters?.(this.#access, options, (message) =>
        take(taskOf(message, tags.messages, clock())),
      );
    }
    const options = { channel: dead, group: `${readerGroup}-dead`, signal };
    const reads = await driver.read?.(this.#access, options, (message) => take(taskOfCopy(message, tags, clock())));
    if (reads === undefined || reads.length === (dead.partitions ?? 1)) return reads;
    return [...reads, { from: 0, to: 0, complete: false, reason: 'not every partition is there' }];
  }

  [Symbol.dispose](): void {
    this.#journal.close();
  }
}

function gapOf([first]: readonly PartitionRead[]): string {
  const where = first?.partition === undefined ? '' : `partition ${first.partition}: `;
  return `${where}${first?.reason ?? 'unfinished'}`;
}

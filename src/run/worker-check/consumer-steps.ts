/** What a consumer of the user's own must do. */
import { noAbort, pause } from '../../wait.ts';
import type { Said } from '../../workers/own/protocol.ts';
import { partitions, type Stand } from './stand.ts';
import { demand, type Step, some } from './step.ts';
import type { Subject } from './subject.ts';

const many = 100;
const few = 20;
const pauseMs = 1000;
const joinBoundMs = 30_000;
const reportBoundMs = 20_000;

export function consumerSteps(stand: Stand): Step[] {
  const check = new ConsumerCheck(stand);
  return [
    {
      name: 'hello',
      expected: `{"type":"ready","protocol":1} on stdout within 20 s, then assigned within ${joinBoundMs / 1000} s`,
      run: () => check.hello(),
    },
    {
      name: `${many} messages`,
      expected: 'each is reported: its bytes, its partition and its position',
      run: () => check.messages(),
    },
    {
      name: 'processed',
      expected: 'each receipt is followed by its processed',
      run: () => check.processed(),
    },
    {
      name: 'committed',
      expected: "with commit 'after': only what was processed, and in the end everything",
      run: () => check.committed(),
    },
    {
      name: 'pause',
      expected: `goes on after ${pauseMs / 1000} s of SIGSTOP`,
      run: () => check.paused(),
    },
    {
      name: 'SIGTERM',
      expected: 'processes and commits what it has in hand, and ends with exit code 0 within 10 s',
      run: () => check.terminated(),
    },
    {
      name: 'the next one',
      expected: 'goes on where the group is: everything comes, and nothing that was committed comes again',
      run: () => check.next(),
    },
    {
      name: 'kill -9, and redelivery',
      expected: 'what it had received and not committed comes again: no message is committed that was never reported',
      run: () => check.killed(),
    },
  ];
}

class ConsumerCheck {
  readonly #stand: Stand;
  readonly #put: number[] = [];
  readonly #lives: Subject[] = [];

  constructor(stand: Stand) {
    this.#stand = stand;
  }

  async hello(): Promise<string> {
    const subject = await this.#stand.start('consumer');
    this.#lives.push(subject);
    await subject.ready();
    const assigned = (): Said | undefined => subject.said.find(({ type }) => type === 'assigned');
    const joined = await subject.until(() => assigned() !== undefined, joinBoundMs);
    demand(joined, () => `no 'assigned' within ${joinBoundMs / 1000} s; ${subject.state}`);
    return JSON.stringify(assigned());
  }

  async messages(): Promise<string> {
    await this.#all(await this.#putMore(many), [this.#subject]);
    const stored = await this.#stand.log();
    for (const { id, value, partition, position } of this.#subject.receipts) {
      const seq = this.#stand.identify(value);
      demand(seq !== undefined, `receipt ${id} has other bytes than those of any message`);
      const place = stored.get(seq)?.find((each) => each.partition === partition && each.position === position);
      const where = `partition ${partition} at position ${position}`;
      demand(place !== undefined, `receipt ${id} is not what the log has in ${where}`);
    }
    return `${this.#subject.receipts.length} receipts`;
  }

  async processed(): Promise<string> {
    const subject = this.#subject;
    await subject.until(() => unprocessed(subject).length === 0, reportBoundMs);
    const left = unprocessed(subject);
    demand(left.length === 0, () => `no 'processed' of ${left.length} receipts, ids ${some(left)}; ${subject.state}`);
    return `${subject.receipts.length} processed`;
  }

  async committed(): Promise<string> {
    const { said, state } = this.#subject;
    const { proven, proof } = await this.#stand.drained(reportBoundMs);
    demand(proven, `the broker says: ${proof}; ${state}`);
    const early = committedEarly(said);
    demand(early === undefined, () => early ?? '');
    const told = said.some(({ type }) => type === 'committed');
    demand(told, "the broker has its commits, and there is no 'committed' of them");
    return proof;
  }

  async paused(): Promise<string> {
    await this.#subject.pause();
    const seqs = await this.#putMore(few);
    await pause(pauseMs, noAbort);
    await this.#subject.resume();
    await this.#all(seqs, [this.#subject]);
    return `${few} receipts`;
  }

  async terminated(): Promise<string> {
    const subject = this.#subject;
    await this.#putMore(many);
    const ended = await subject.terminate();
    demand(ended !== undefined, 'it is still there after 10 s');
    demand(ended.exitCode === 0, () => subject.state);
    const left = unprocessed(subject).length;
    demand(left === 0, `${left} receipts were not processed when it ended`);
    return 'exit code 0';
  }

  async next(): Promise<string> {
    const committed = committedIn(this.#lives);
    await this.hello();
    await this.#all(this.#put, this.#lives);
    const { receipts } = this.#subject;
    const again = receipts.filter(({ partition = 0, position = 0 }) => position < (committed.get(partition) ?? 0));
    const [first] = again;
    const place = `partition ${first?.partition}, position ${first?.position}`;
    demand(first === undefined, `${again.length} that were committed came again, the first from ${place}`);
    return `${receipts.length} receipts`;
  }

  async killed(): Promise<string> {
    const subject = this.#subject;
    const seqs = await this.#putMore(many);
    await subject.until(() => seqs.some((seq) => this.#received([subject]).has(seq)), reportBoundMs);
    await subject.kill();
    const before = this.#received(this.#lives);
    await this.hello();
    await this.#all(seqs, this.#lives);
    await this.processed();
    return `${seqs.filter((seq) => before.has(seq)).length} of ${many} reported before, all of them in the end`;
  }

  get #subject(): Subject {
    const subject = this.#lives.at(-1);
    if (subject === undefined) throw new Error('the worker was not started');
    return subject;
  }

  async #putMore(count: number): Promise<number[]> {
    const seqs = await this.#stand.put(count);
    this.#put.push(...seqs);
    return seqs;
  }

  #received(from: readonly Subject[]): Set<number | undefined> {
    return new Set(from.flatMap(({ receipts }) => receipts.map(({ value }) => this.#stand.identify(value))));
  }

  async #all(seqs: readonly number[], from: readonly Subject[]): Promise<void> {
    const missing = (): number[] => {
      const seen = this.#received(from);
      return seqs.filter((seq) => !seen.has(seq));
    };
    await this.#subject.until(() => missing().length === 0, reportBoundMs);
    const { length } = missing();
    demand(length === 0, () => `${length} of ${seqs.length} were never reported; ${this.#subject.state}`);
  }
}

/** Ids of receipts that were not followed by their `processed`. */
function unprocessed({ said, receipts }: Subject): number[] {
  const done = new Set(said.flatMap((each) => (each.type === 'processed' ? [each.id] : [])));
  return receipts.map(({ id }) => id).filter((id) => !done.has(id));
}

/** Where the group goes on in each partition, as its consumers have told. */
function committedIn(lives: readonly Subject[]): Map<number, number> {
  const places = new Map<number, number>();
  for (const each of lives.flatMap(({ said }) => said)) {
    if (each.type !== 'committed') continue;
    places.set(each.partition, Math.max(places.get(each.partition) ?? 0, each.position));
  }
  return places;
}

/** The first commit of something that was not processed then, in words. */
function committedEarly(said: readonly Said[]): string | undefined {
  const open = Array.from({ length: partitions }, () => new Map<number, number>());
  for (const each of said) {
    if (each.type === 'received') open[each.partition ?? 0]?.set(each.id, each.position ?? 0);
    if (each.type === 'processed') for (const receipts of open) receipts.delete(each.id);
    if (each.type !== 'committed') continue;
    const early = [...(open[each.partition] ?? [])].find(([, position]) => position < each.position);
    if (early !== undefined) return `receipt ${early[0]} was not processed yet when it said ${JSON.stringify(each)}`;
  }
  return undefined;
}

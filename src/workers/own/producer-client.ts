/**
 * A producer's client that is a worker of the user's own: each attempt is a line to it, which it answers once. An attempt
 * that it does not answer is unknown; an acknowledgement that comes after that is recorded all the same. When the worker is
 * gone, what it has not answered stays as it is: the sender has died with it.
 */
import type { RunClock } from '../../journal/clock.ts';
import type { JournalWriter } from '../../journal/writer.ts';
import type { OutgoingMessage, ProducerClient, SendResult } from '../../products/driver.ts';
import { AliveTime } from './alive-time.ts';
import type { OwnCommand } from './command.ts';
import type { Answer, Said } from './protocol.ts';

/** The client has the deadline of an attempt; so many of them and the attempt counts as not answered. */
export const patience = 2;
/** Attempts whose answer is remembered, to know a second one. */
const mostRemembered = 1 << 16;
const maxReasons = 50;

export interface OwnProducerWorld {
  readonly journal: JournalWriter;
  readonly clock: RunClock;
  /** Deadline of an attempt, as the worker was told. */
  readonly timeoutMs: number;
  /** Of the topic; absent: it has none. */
  readonly partitions: number | undefined;
  complain(text: string): void;
}

interface Attempt {
  readonly producer: number;
  readonly seq: number;
  readonly attempt: number;
  readonly sentAtNs: number;
}

interface Open extends Attempt {
  readonly dueMs: number;
  readonly resolve: (result: SendResult) => void;
}

interface Closed extends Attempt {
  /** `late`: it was not answered in time. */
  outcome: Answer['type'] | 'late';
}

export class OwnProducer implements ProducerClient {
  placedByBroker?: true;
  readonly #world: OwnProducerWorld;
  readonly #alive = new AliveTime(() => this.#expire());
  readonly #open = new Map<number, Open>();
  readonly #closed = new Map<number, Closed>();
  readonly #reasons = new Set<string>();
  #command: OwnCommand | undefined;
  #next = 1;

  constructor(world: OwnProducerWorld) {
    this.#world = world;
  }

  /** @param placedByWorker the worker chooses the partition of each message. */
  begin(command: OwnCommand, placedByWorker: boolean): void {
    this.#command = command;
    if (placedByWorker) this.placedByBroker = true;
  }

  send({ producer, seq, attempt, partition, value }: OutgoingMessage): Promise<SendResult> {
    const id = this.#next;
    this.#next += 1;
    const where = partition === undefined || this.placedByBroker ? {} : { partition };
    const key = `${producer}-${seq}`;
    const message = { type: 'send', id, ...where, key, value: value.toString('base64') } as const;
    return new Promise((resolve) => {
      const dueMs = this.#alive.nowMs + patience * this.#world.timeoutMs;
      this.#open.set(id, { producer, seq, attempt, sentAtNs: this.#world.clock(), dueMs, resolve });
      if (this.#command?.send(message) === true) return;
      this.#open.delete(id);
      resolve({ outcome: 'rejected', reason: 'not-written' });
    });
  }

  /** Nobody here knows which broker that is. */
  routes(): readonly string[] {
    return [];
  }

  take(said: Exclude<Said, { type: 'ready' }>): void {
    switch (said.type) {
      case 'acked':
      case 'degraded':
      case 'rejected':
      case 'unknown':
        return this.#answer(said);
      default:
        this.#world.complain(`a producer has no message '${said.type}'`);
    }
  }

  /** Its worker is ended by whoever has started it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#alive[Symbol.dispose]();
  }

  #answer(answer: Answer): void {
    const { id, partition } = answer;
    const { partitions, complain } = this.#world;
    if (partition !== undefined && partitions !== undefined && partition >= partitions) {
      complain(`send ${id} is answered with partition ${partition}, and there are ${partitions}`);
      return; // whatever it was to say: the attempt stays without an answer
    }
    const open = this.#open.get(id);
    if (open !== undefined) {
      this.#close(id, open, answer.type);
      open.resolve(this.#resultOf(answer));
      return;
    }
    const closed = this.#closed.get(id);
    if (closed !== undefined) this.#answerAgain(closed, answer);
    else if (id >= this.#next || id < 1) complain(`send ${id} is answered '${answer.type}', and was never asked for`);
    else complain(`send ${id} is answered '${answer.type}' long after it was closed`);
  }

  #answerAgain(closed: Closed, answer: Answer): void {
    const { journal, clock, complain } = this.#world;
    const { producer, seq, attempt, sentAtNs, outcome } = closed;
    if (outcome === 'late') {
      closed.outcome = answer.type;
      if (answer.type !== 'acked') return; // it is unknown, and stays so
      journal.outcome(producer, seq, attempt, 'acked', (clock() - sentAtNs) / 1000, answer);
      return;
    }
    complain(`send ${answer.id} is answered twice: '${outcome}', then '${answer.type}'`);
    if (outcome !== answer.type) journal.append({ kind: 'disowned', producer, seq });
  }

  #resultOf(answer: Answer): SendResult {
    const { type, partition, position } = answer;
    const place = {
      ...(partition === undefined ? {} : { partition }),
      ...(position === undefined ? {} : { position }),
    };
    if (type === 'acked') return { outcome: 'acked', ...place };
    const reason = this.#reasonOf(answer.reason);
    return type === 'degraded' ? { outcome: type, ...place, reason } : { outcome: type, reason };
  }

  /** A journal holds each as a name: a worker that makes one up for each message must not fill it. */
  #reasonOf(reason: string): string {
    if (this.#reasons.size < maxReasons) this.#reasons.add(reason);
    return this.#reasons.has(reason) ? reason : 'other';
  }

  #close(id: number, { producer, seq, attempt, sentAtNs }: Open, outcome: Closed['outcome']): void {
    this.#open.delete(id);
    this.#closed.set(id, { producer, seq, attempt, sentAtNs, outcome });
    if (this.#closed.size <= mostRemembered) return;
    const [oldest] = this.#closed.keys();
    if (oldest !== undefined) this.#closed.delete(oldest);
  }

  #expire(): void {
    for (const [id, open] of this.#open) {
      if (open.dueMs > this.#alive.nowMs) return; // in the order in which they were sent
      this.#close(id, open, 'late');
      open.resolve({ outcome: 'unknown', reason: 'deadline' });
    }
  }
}

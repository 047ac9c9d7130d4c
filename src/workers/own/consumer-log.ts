/**
 * What a consumer of the user's own reports, on record: each receipt, that it was processed, and where the group goes on.
 * The message itself tells who it is, as with any other consumer.
 */
import type { RunClock } from '../../journal/clock.ts';
import { deliveryFlags, none16 } from '../../journal/event.ts';
import type { JournalWriter } from '../../journal/writer.ts';
import type { ConsumerWork } from '../config.ts';
import { deliveryOf } from '../task.ts';
import type { Committed, Receipt, Said } from './protocol.ts';

const strangers = deliveryFlags.foreign | deliveryFlags.unidentified;
/** Received and not processed: a worker that never says so must not fill the memory. */
const mostInHand = 1_000_000;

export interface ConsumerLogWorld {
  readonly journal: JournalWriter;
  readonly clock: RunClock;
  /** Marks the messages of the run. */
  readonly tag: number;
  /** Of the topic; absent: it has none. */
  readonly partitions: number | undefined;
  joined(): void;
  /** @param lost what it was meant to say is not known. */
  complain(text: string, lost: boolean): void;
}

interface InHand {
  readonly producer: number;
  readonly seq: number;
  readonly attempt: number;
  /** Nobody can say what processing it means. */
  readonly strange: boolean;
}

export class ConsumerLog {
  readonly #work: ConsumerWork;
  readonly #world: ConsumerLogWorld;
  readonly #inHand = new Map<number, InHand>();
  received = 0;

  constructor(work: ConsumerWork, world: ConsumerLogWorld) {
    this.#work = work;
    this.#world = world;
  }

  /** Receipts that are not processed. */
  get inHand(): number {
    return this.#inHand.size;
  }

  take(said: Exclude<Said, { type: 'ready' }>): void {
    switch (said.type) {
      case 'assigned':
      case 'revoked':
        return this.#assignment(said.type, said.partitions);
      case 'received':
        return this.#receive(said);
      case 'processed':
        return this.#processed(said.id);
      case 'committed':
        return this.#committed(said);
      default:
        this.#world.complain(`a consumer has no message '${said.type}'`, false);
    }
  }

  #receive({ id, value, partition, position, redelivered, attempt }: Receipt): void {
    const { journal, clock, tag, partitions, complain } = this.#world;
    if (partitions !== undefined && (partition === undefined || partition >= partitions)) {
      complain(`receipt ${id} is of partition ${partition}, and there are 0 to ${partitions - 1}`, true);
      return;
    }
    if (partitions !== undefined && position === undefined) {
      complain(`receipt ${id} has no position`, true);
      return;
    }
    if (this.#inHand.has(id)) return complain(`receipt ${id} is there twice`, true);
    const place = {
      ...(partition === undefined ? {} : { partition }),
      ...(position === undefined ? {} : { position }),
    };
    const delivery = deliveryOf({ value, ...place, redelivered, attempt }, tag, clock());
    const { groupNumber, session } = this.#work;
    journal.received(delivery, groupNumber, session, attempt);
    this.received += 1;
    const { producer, seq, flags } = delivery;
    this.#inHand.set(id, { producer, seq, attempt, strange: (flags & strangers) !== 0 });
    if (this.#inHand.size > mostInHand) {
      this.#inHand.clear();
      complain(`more than ${mostInHand} messages were received and not processed`, true);
    }
  }

  #processed(id: number): void {
    const task = this.#inHand.get(id);
    if (task === undefined) return this.#world.complain(`receipt ${id} is processed, and was not received`, true);
    this.#inHand.delete(id);
    if (task.strange) return;
    const { groupNumber: group, session } = this.#work;
    const { producer, seq, attempt } = task;
    this.#world.journal.append({ kind: 'effect', producer, seq, group, session, attempt, effect: 'applied' });
  }

  #committed({ partition, position }: Committed): void {
    const { groupNumber: group, session } = this.#work;
    this.#world.journal.append({ kind: 'ack', step: 'confirmed', group, session, partition, position });
  }

  #assignment(assignment: 'assigned' | 'revoked', partitions: readonly number[]): void {
    const { groupNumber: group, session } = this.#work;
    const { journal, joined } = this.#world;
    const places = partitions.length === 0 ? [none16] : partitions;
    for (const partition of places) journal.append({ kind: 'assigned', assignment, group, session, partition });
    if (assignment === 'assigned') joined();
  }
}

/** Entries of one stream in the hands of a worker. Each is settled by itself. */
import type { Batch, IncomingMessage } from '../../driver.ts';
import { incoming } from './entries.ts';
import type { Claimed, Pending, Place } from './pending.ts';

const firstAgainMs = 100;
const longestAgainMs = 1_000;

export class HandedBatch implements Batch {
  readonly partition: number;
  readonly messages: readonly IncomingMessage[];
  /** Ids of what is neither settled nor given back. */
  readonly #open = new Map<IncomingMessage, string>();
  readonly #place: Place;
  readonly #pending: Pending;
  #keptAtMs = performance.now();

  constructor(place: Place, claimed: readonly Claimed[], pending: Pending) {
    this.partition = place.partition;
    this.#place = place;
    this.#pending = pending;
    for (const { entry, deliveries } of claimed) {
      this.#open.set(incoming(entry, place.partition, deliveries), entry.id);
    }
    this.messages = [...this.#open.keys()];
  }

  async settle(messages: readonly IncomingMessage[]): Promise<void> {
    const ids = this.#take(messages);
    if (ids.length > 0) await this.#pending.settle(this.#place, ids);
  }

  async giveBack(messages: readonly IncomingMessage[], afterMs: number): Promise<void> {
    const last = messages.filter(({ attempt }) => this.#pending.isLastTry(attempt));
    const ended = this.#take(last);
    if (ended.length > 0) await this.#pending.end(this.#place, ended);
    const ids = this.#take(messages.filter((message) => !last.includes(message)));
    if (ids.length > 0) await this.#pending.release(this.#place, ids, afterMs);
  }

  async heartbeat(): Promise<void> {
    if (this.#open.size === 0) return;
    if (performance.now() - this.#keptAtMs < this.#pending.takeOverMs / 4) return;
    this.#keptAtMs = performance.now();
    // a server that does not answer meanwhile is met again when the batch is settled
    await this.#pending.keep(this.#place, [...this.#open.values()]).catch(() => undefined);
  }

  /**
   * After a handler that threw: it may not have tried to process anything, so nothing becomes a dead letter here. What
   * makes it throw again and again comes less and less often.
   */
  async giveBackOpen(delayMs: number | undefined): Promise<void> {
    const open = [...this.#open.keys()];
    for (const attempt of new Set(open.map((message) => message.attempt))) {
      const afterMs = delayMs ?? Math.min(longestAgainMs, firstAgainMs * 2 ** Math.min(attempt - 1, 10));
      const ids = this.#take(open.filter((message) => message.attempt === attempt));
      await this.#pending.release(this.#place, ids, afterMs);
    }
  }

  #take(messages: readonly IncomingMessage[]): string[] {
    return messages.map((message) => {
      const id = this.#open.get(message);
      if (id === undefined) throw new Error('a message is settled or given back once, by the batch that it came with');
      this.#open.delete(message);
      return id;
    });
  }
}

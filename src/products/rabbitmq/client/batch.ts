/** Messages that came together, in the hands of a worker: each is settled or given back once. */
import type { ConsumeMessage } from 'amqplib';
import type { Batch, IncomingMessage } from '../../driver.ts';

export interface Held extends IncomingMessage {
  readonly original: ConsumeMessage;
}

export interface Hand {
  settle(messages: readonly Held[]): Promise<void>;
  giveBack(messages: readonly Held[], afterMs: number): Promise<void>;
  heartbeat(): Promise<void>;
}

const afterThrowMs = 100;

export class HandedBatch implements Batch {
  readonly messages: readonly Held[];
  readonly settled?: true;
  readonly #open: Set<IncomingMessage>;
  readonly #hand: Hand;

  constructor(messages: readonly Held[], hand: Hand, settled: boolean) {
    this.messages = messages;
    if (settled) this.settled = true;
    this.#open = new Set(messages);
    this.#hand = hand;
  }

  settle(messages: readonly IncomingMessage[]): Promise<void> {
    return this.#hand.settle(this.#taken(messages));
  }

  giveBack(messages: readonly IncomingMessage[], afterMs: number): Promise<void> {
    return this.#hand.giveBack(this.#taken(messages), afterMs);
  }

  heartbeat(): Promise<void> {
    return this.#hand.heartbeat();
  }

  /** What is neither settled nor given back; nobody is told whether that succeeds: they come again in any case. */
  giveBackRest(): void {
    const rest = this.messages.filter((message) => this.#open.has(message));
    this.#hand.giveBack(rest, afterThrowMs).catch(() => undefined);
  }

  #taken(messages: readonly IncomingMessage[]): Held[] {
    return messages.map((message) => {
      if (!this.#open.delete(message)) throw new Error('this message is not in hand');
      return message as Held;
    });
  }
}

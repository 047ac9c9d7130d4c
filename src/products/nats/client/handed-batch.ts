/** Messages of one pull in the hands of a worker; each is settled or given back by itself. */
import type { JsMsg } from '@nats-io/jetstream';
import { noAbort, within } from '../../../wait.ts';
import type { Batch, IncomingMessage } from '../../driver.ts';

export interface HandedOptions {
  readonly partition?: number;
  /** An ack counts once the server has confirmed it, or once it is sent. */
  readonly confirmed: boolean;
  readonly confirmMs: number;
}

export class HandedBatch implements Batch {
  readonly partition?: number;
  readonly messages: readonly IncomingMessage[];
  readonly #options: HandedOptions;
  readonly #held: Map<IncomingMessage, JsMsg>;

  constructor(messages: readonly JsMsg[], options: HandedOptions) {
    if (options.partition !== undefined) this.partition = options.partition;
    this.#options = options;
    this.#held = new Map(messages.map((message) => [incoming(message, options.partition), message]));
    this.messages = [...this.#held.keys()];
  }

  async settle(messages: readonly IncomingMessage[]): Promise<void> {
    const { confirmed, confirmMs } = this.#options;
    const held = this.#take(messages);
    if (!confirmed) {
      for (const message of held) message.ack();
      return;
    }
    const confirming = held.map((message) =>
      within(message.ackAck({ timeout: confirmMs }), { what: 'ack', boundMs: confirmMs + lateMs, signal: noAbort }),
    );
    const answers = await Promise.allSettled(confirming);
    const open = answers.filter((answer) => answer.status === 'rejected' || !answer.value).length;
    if (open > 0) throw new Error(`${open} of ${held.length} acks were not confirmed`);
  }

  async giveBack(messages: readonly IncomingMessage[], afterMs: number): Promise<void> {
    for (const message of this.#take(messages)) nak(message, afterMs);
  }

  /** Tells the server that the work goes on: the time to settle begins anew. */
  async heartbeat(): Promise<void> {
    for (const message of this.#held.values()) message.working();
  }

  giveBackRest(afterMs: number): void {
    for (const message of this.#held.values()) nak(message, afterMs);
    this.#held.clear();
  }

  #take(messages: readonly IncomingMessage[]): JsMsg[] {
    return messages.flatMap((message) => {
      const held = this.#held.get(message);
      this.#held.delete(message);
      return held === undefined ? [] : [held];
    });
  }
}

/** The client's own time first, so that its error is what is seen. */
const lateMs = 500;

function nak(message: JsMsg, afterMs: number): void {
  try {
    message.nak(afterMs);
  } catch {
    // the connection is gone: the server gives it back by itself when its time to be settled is over
  }
}

function incoming(message: JsMsg, partition: number | undefined): IncomingMessage {
  const { data, seq, redelivered, info } = message;
  return {
    value: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    ...(partition === undefined ? {} : { partition }),
    position: seq,
    redelivered,
    attempt: info.deliveryCount,
  };
}

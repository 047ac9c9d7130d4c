/** SimpleConsumer of rocketmq-client-nodejs, through the proxy: received, acknowledged and hidden message by message. */
import type { MessageView, SimpleConsumer } from 'rocketmq-client-nodejs';
import { noAbort, pause, within } from '../../../wait.ts';
import type { ChannelRedelivery } from '../../channel.ts';
import type { Batch, ConsumerHandlers, IncomingMessage } from '../../driver.ts';
import { endpoints, incomingOf, loadLibrary, shutDown, silent, startUp } from './node-client.ts';
import { Lanes, type Session } from './proxy-consumer.ts';

/** The proxy takes no less than 10 s. */
const leastInvisibleMs = 10_000;
const mostAtOnce = 32;
/** Longer than the proxy's own least (5 s unless configured), or every receive fails at once. */
const attachedWaitMs = 6_000;
const ownWaitMs = 1_000;
const requestMs = 5_000;
const pauseMs = 300;
/** Receives in a row that failed: the session is of no use any more. */
const mostFailures = 8;

export const simpleSession: Session = async ({ access, options, queues, handlers, joined, signal }) => {
  const { channel, group, sessionTimeoutMs } = options;
  const waitMs = access.cluster.attach === undefined ? ownWaitMs : attachedWaitMs;
  const { SimpleConsumer } = loadLibrary();
  const client = new SimpleConsumer({
    ...{ endpoints: endpoints(access), namespace: '', logger: silent, requestTimeout: requestMs },
    ...{
      consumerGroup: group,
      subscriptions: new Map([[channel.name, '*']]),
      awaitDuration: waitMs,
      maxRetryAttempts: 1,
    },
  });
  await startUp(client, signal);
  const invisibleMs = Math.max(leastInvisibleMs, sessionTimeoutMs);
  const lanes = new Lanes();
  try {
    // each receive is of one queue's broker: as many at a time as there are sets
    const sets = new Set(queues.map(({ set }) => set)).size;
    await Promise.all(Array.from({ length: sets }, () => receiving()));
  } finally {
    await shutDown(client);
  }

  async function receiving(): Promise<void> {
    for (let failures = 0; !signal.aborted && failures < mostFailures; ) {
      try {
        const receive = client.receive(mostAtOnce, invisibleMs);
        const views = await within(receive, { what: 'receive', boundMs: waitMs + 2 * requestMs, signal });
        failures = 0;
        joined();
        await handOut(views);
      } catch {
        failures += 1;
        await pause(pauseMs, signal);
      }
    }
  }

  async function handOut(views: readonly MessageView[]): Promise<void> {
    const byPartition = new Map<string, SimpleBatch>();
    for (const view of views) {
      const message = incomingOf(view, queues);
      const key = `${message.partition} ${message.position === undefined}`;
      const batch = byPartition.get(key) ?? new SimpleBatch(client, message.partition, invisibleMs, channel.redelivery);
      batch.add(message, view);
      byPartition.set(key, batch);
    }
    await Promise.all(
      [...byPartition.values()].map((batch) => lanes.run(batch.partition, () => handed(batch, handlers))),
    );
  }
};

async function handed(batch: SimpleBatch, handlers: ConsumerHandlers): Promise<void> {
  try {
    await handlers.batch(batch);
  } catch {
    await batch.giveBack([...batch.messages], leastInvisibleMs).catch(() => undefined); // else after its invisible time
  }
}

class SimpleBatch implements Batch {
  readonly partition?: number;
  readonly messages: IncomingMessage[] = [];
  readonly #client: SimpleConsumer;
  readonly #invisibleMs: number;
  readonly #redelivery: ChannelRedelivery | undefined;
  readonly #open = new Map<IncomingMessage, MessageView>();
  #hiddenAtMs = performance.now();

  constructor(
    client: SimpleConsumer,
    partition: number | undefined,
    invisibleMs: number,
    redelivery: ChannelRedelivery | undefined,
  ) {
    if (partition !== undefined) this.partition = partition;
    this.#client = client;
    this.#invisibleMs = invisibleMs;
    this.#redelivery = redelivery;
  }

  add(message: IncomingMessage, view: MessageView): void {
    this.messages.push(message);
    this.#open.set(message, view);
  }

  async settle(messages: readonly IncomingMessage[]): Promise<void> {
    await Promise.all(this.#take(messages).map((view) => this.#acknowledge(view)));
  }

  /** The proxy itself makes a dead letter of what was delivered often enough, when it would be received once more. */
  async giveBack(messages: readonly IncomingMessage[], afterMs: number): Promise<void> {
    const invisibleMs = Math.max(leastInvisibleMs, afterMs);
    const gone = (view: MessageView): boolean =>
      this.#redelivery?.deadLetter === false && (view.deliveryAttempt ?? 1) > this.#redelivery.attempts;
    await Promise.all(
      this.#take(messages).map((view) => (gone(view) ? this.#acknowledge(view) : this.#hide(view, invisibleMs))),
    );
  }

  async heartbeat(): Promise<void> {
    if (performance.now() - this.#hiddenAtMs < this.#invisibleMs / 3) return;
    this.#hiddenAtMs = performance.now();
    const renewed = [...this.#open.values()].map((view) => this.#hide(view, this.#invisibleMs));
    await Promise.all(renewed).catch(() => undefined); // it comes again, to us or to another
  }

  #hide(view: MessageView, invisibleMs: number): Promise<void> {
    const hiding = this.#client.changeInvisibleDuration(view, invisibleMs);
    return within(hiding, { what: 'invisible time', boundMs: requestMs, signal: noAbort });
  }

  /** `ack` of the library does not say what became of the one message that it was asked for. */
  async #acknowledge(view: MessageView): Promise<void> {
    const client = this.#client as unknown as { ackMessage(view: MessageView): Promise<readonly AckEntry[]> };
    const entries = await within(client.ackMessage(view), { what: 'ack', boundMs: requestMs, signal: noAbort });
    for (const { status } of entries) {
      if (status !== undefined && status.code !== ok) throw new Error(`acknowledge: ${status.code} ${status.message}`);
    }
  }

  #take(messages: readonly IncomingMessage[]): MessageView[] {
    return messages.flatMap((message) => {
      const view = this.#open.get(message);
      this.#open.delete(message);
      return view ?? [];
    });
  }
}

const ok = 20_000;

interface AckEntry {
  readonly status?: { readonly code: number; readonly message: string };
}

/**
 * PushConsumer of rocketmq-client-nodejs, through the proxy. It hands messages out one by one, renews their invisible time
 * by itself for as long as its process lives, and acknowledges when the listener has said SUCCESS; whether that came through
 * is seen by looking at the request that it makes. What was in the hands of a killed one comes again when the proxy has
 * noticed: after `channelExpiredTimeout`, 120 s unless configured, 20 s in clusters of ours.
 */
import type { MessageView, PushConsumer } from 'rocketmq-client-nodejs';
import { noAbort, pause, within } from '../../../wait.ts';
import type { Batch, ConsumerHandlers, IncomingMessage } from '../../driver.ts';
import { endpoints, incomingOf, loadLibrary, shutDown, silent, startUp } from './node-client.ts';
import { Lanes, type Session } from './proxy-consumer.ts';

const requestMs = 5_000;
const waitMs = 6_000;
const ackMs = 10_000;
const checkMs = 500;
/** A client that has not asked for messages for so long has fallen silent. */
const silentMs = 60_000;

export const pushSession: Session = async ({ access, options, queues, handlers, joined, signal }) => {
  const { PushConsumer, ConsumeResult } = loadLibrary();
  const lanes = new Lanes();
  const acks = new Acks();
  const client = new PushConsumer({
    ...{ endpoints: endpoints(access), namespace: '', logger: silent, requestTimeout: requestMs },
    ...{
      consumerGroup: options.group,
      subscriptions: new Map([[options.channel.name, '*']]),
      longPollingTimeout: waitMs,
    },
    maxCacheMessageCount: 1_024,
    messageListener: {
      consume: (view) => {
        const batch = new PushBatch(incomingOf(view, queues), view, acks);
        void lanes.run(batch.partition, () => handed(batch, handlers));
        return batch.done.then((fine) => (fine ? ConsumeResult.SUCCESS : ConsumeResult.FAILURE));
      },
    },
  });
  acks.watch(client);
  await startUp(client, signal);
  joined();
  try {
    let [asked, sinceMs] = [client.getReceptionTimes(), performance.now()];
    while (!signal.aborted && performance.now() - sinceMs < silentMs) {
      await pause(checkMs, signal);
      if (client.getReceptionTimes() !== asked) [asked, sinceMs] = [client.getReceptionTimes(), performance.now()];
    }
  } finally {
    await shutDown(client);
  }
};

async function handed(batch: PushBatch, handlers: ConsumerHandlers): Promise<void> {
  try {
    await handlers.batch(batch);
  } finally {
    batch.decide(false); // what was decided stays
  }
}

/** One message. */
class PushBatch implements Batch {
  readonly partition?: number;
  readonly messages: readonly IncomingMessage[];
  /** Whether it is consumed: the listener's answer. */
  readonly done: Promise<boolean>;
  #decide: (fine: boolean) => void = () => {};
  readonly #handle: string;
  readonly #acks: Acks;

  constructor(message: IncomingMessage, { receiptHandle }: MessageView, acks: Acks) {
    if (message.partition !== undefined) this.partition = message.partition;
    this.messages = [message];
    this.done = new Promise((resolve) => {
      this.#decide = resolve;
    });
    this.#handle = receiptHandle;
    this.#acks = acks;
  }

  decide(fine: boolean): void {
    this.#decide(fine);
  }

  async settle(messages: readonly IncomingMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const acknowledged = this.#acks.of(this.#handle);
    this.#decide(true);
    await within(acknowledged, { what: 'ack', boundMs: ackMs, signal: noAbort });
  }

  /** When it comes again is the group's own retry policy: the client has no say. */
  async giveBack(messages: readonly IncomingMessage[]): Promise<void> {
    if (messages.length > 0) this.#decide(false);
  }

  /** The client renews by itself. */
  async heartbeat(): Promise<void> {}
}

interface AckRequest {
  getEntriesList(): readonly { getReceiptHandle(): string }[];
}

interface AckAnswer {
  toObject(): { readonly status?: { readonly code: number; readonly message: string } };
}

const ok = 20_000;

/** Acknowledgements that the client makes behind its listener, by receipt. */
class Acks {
  readonly #waiting = new Map<string, { resolve(): void; reject(error: Error): void }>();

  of(handle: string): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.set(handle, { resolve, reject }));
  }

  watch(client: PushConsumer): void {
    const inner = client as unknown as {
      ackMessageViaRpc(endpoints: unknown, request: AckRequest, timeout: number): Promise<AckAnswer>;
    };
    const acknowledge = inner.ackMessageViaRpc.bind(client);
    inner.ackMessageViaRpc = async (to, request, timeout) => {
      const handles = request.getEntriesList().map((entry) => entry.getReceiptHandle());
      const answer = await acknowledge(to, request, timeout); // when it fails the client tries again
      const { status } = answer.toObject();
      for (const handle of handles) {
        const waiting = this.#waiting.get(handle);
        this.#waiting.delete(handle);
        if (status?.code === ok) waiting?.resolve();
        else waiting?.reject(new Error(`acknowledge: ${status?.code} ${status?.message}`));
      }
      return answer;
    };
  }
}

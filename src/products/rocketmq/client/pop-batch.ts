/** Messages that were popped together and belong to one partition, in the hands of a worker. */
import type { ChannelRedelivery } from '../../channel.ts';
import type { Batch, IncomingMessage } from '../../driver.ts';
import type { Connections } from './connections.ts';
import { acknowledge, hide, type Popped, toDeadLetters } from './pop.ts';
import { claimedPartition } from './reader.ts';

export interface PopWorld {
  readonly connections: Connections;
  readonly address: string;
  readonly group: string;
  readonly invisibleMs: number;
  readonly redelivery: ChannelRedelivery | undefined;
}

/** What a worker could not process comes again after this, where the profile gives no delay. */
const usualDelayMs = 1_000;
const leastInvisibleMs = 100;

/**
 * Batches by partition, in the broker's order. A copy in the retry topic has lost its queue and its position: what its
 * sender had said is its partition, and it has no position.
 */
export function batchesOf(
  world: PopWorld,
  popped: readonly Popped[],
  partitionOf: (queue: number) => number,
): ReadonlyMap<number, readonly PopBatch[]> {
  const groups = new Map<string, { readonly partition: number | undefined; readonly list: Popped[] }>();
  for (const each of popped) {
    const partition = each.retry ? claimedPartition(each.record) : partitionOf(each.queue);
    const key = `${each.retry ? 'retry' : 'topic'} ${partition}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { partition, list: [each] });
    else group.list.push(each);
  }
  const batches = new Map<number, PopBatch[]>();
  for (const { partition, list } of groups.values()) {
    const batch = new PopBatch(world, partition, list);
    batches.set(partition ?? -1, [...(batches.get(partition ?? -1) ?? []), batch]);
  }
  return batches;
}

export class PopBatch implements Batch {
  readonly partition?: number;
  readonly messages: readonly IncomingMessage[];
  readonly #world: PopWorld;
  /** Neither settled nor given back. */
  readonly #open = new Map<IncomingMessage, Popped>();

  constructor(world: PopWorld, partition: number | undefined, popped: readonly Popped[]) {
    this.#world = world;
    if (partition !== undefined) this.partition = partition;
    this.messages = popped.map((each) => {
      const message = incoming(each, partition);
      this.#open.set(message, each);
      return message;
    });
  }

  async settle(messages: readonly IncomingMessage[]): Promise<void> {
    const { connections, address, group } = this.#world;
    await Promise.all(
      this.#take(messages).map(async (popped) => {
        await acknowledge(connections, address, group, popped);
        if (performance.now() <= popped.invisibleUntilMs) return;
        // the broker confirms an acknowledgement that came too late as any other, and delivers the message again
        throw new Error(
          `acknowledged after its invisible time: ${popped.topic}, queue ${popped.queue} at ${popped.offset}`,
        );
      }),
    );
  }

  async giveBack(messages: readonly IncomingMessage[], afterMs: number): Promise<void> {
    const { connections, address, group, redelivery } = this.#world;
    const invisibleMs = Math.max(leastInvisibleMs, afterMs);
    await Promise.all(
      this.#take(messages).map((popped) => {
        if (redelivery === undefined || popped.record.reconsumed < redelivery.attempts) {
          return hide(connections, address, group, popped, { invisibleMs });
        }
        const settle = redelivery.deadLetter ? toDeadLetters : acknowledge;
        return settle(connections, address, group, popped);
      }),
    );
  }

  giveBackRest(): Promise<void> {
    return this.giveBack([...this.#open.keys()], this.#world.redelivery?.delayMs ?? usualDelayMs);
  }

  /** Once a third of the invisible time has passed, what is open is hidden anew. */
  async heartbeat(): Promise<void> {
    const { connections, address, group, invisibleMs } = this.#world;
    const dueAtMs = performance.now() + (2 * invisibleMs) / 3;
    const due = [...this.#open.values()].filter(({ invisibleUntilMs }) => invisibleUntilMs < dueAtMs);
    const renewed = due.map((popped) => hide(connections, address, group, popped, { invisibleMs }));
    await Promise.all(renewed).catch(() => undefined); // a broker that is away: what it hid comes again, to us or to another
  }

  /** From now on they are neither renewed nor given back. */
  #take(messages: readonly IncomingMessage[]): Popped[] {
    return messages.flatMap((message) => {
      const popped = this.#open.get(message);
      this.#open.delete(message);
      return popped ?? [];
    });
  }
}

function incoming({ record, retry, offset }: Popped, partition: number | undefined): IncomingMessage {
  return {
    value: Buffer.from(record.body), // a view would keep the whole answer
    ...(partition === undefined ? {} : { partition }),
    ...(retry ? {} : { position: offset }),
    redelivered: record.reconsumed > 0,
    attempt: record.reconsumed + 1,
  };
}

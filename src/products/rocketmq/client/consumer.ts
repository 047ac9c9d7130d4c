/**
 * A consumer by POP that lasts as long as the run: a loop for each set of brokers, which asks its master for messages,
 * hands them out and asks again. A broker that does not answer is asked on a new connection until it does.
 */
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { pause } from '../../../wait.ts';
import type { BrokerAccess, ConsumerClient, ConsumerHandlers, ConsumerOptions } from '../../driver.ts';
import { lastingConsumer } from '../../lasting-consumer.ts';
import { invisibleMs } from '../invisible.ts';
import { Connections, Refused } from './connections.ts';
import { Masters } from './masters.ts';
import { acknowledge, hide, type Popped, pop, toDeadLetters } from './pop.ts';
import { batchesOf, type PopBatch, type PopWorld } from './pop-batch.ts';
import type { Queue } from './queues.ts';
import { Topology } from './topology.ts';

const waitMs = 500;
const retryMs = 250;

export async function openConsumer(access: BrokerAccess, options: ConsumerOptions): Promise<ConsumerClient> {
  const popping = new Popping(access, options);
  return lastingConsumer(options, {
    consume: (handlers, joined, signal) => {
      let isIn = false;
      const begun = (): void => {
        if (!isIn) handlers.assigned([]); // every consumer may be given messages of every queue
        isIn = true;
        joined(); // whoever is answered is in the group
      };
      return popping.consume(handlers, begun, signal);
    },
    refused: (error) => (error instanceof Error ? error : new Error(String(error))),
    free: () => popping.free(),
  });
}

class Popping {
  readonly #options: ConsumerOptions;
  readonly #connections: Connections;
  readonly #topology: Topology;
  readonly #masters: Masters;
  #queues: readonly Queue[] = [];

  constructor(access: BrokerAccess, options: ConsumerOptions) {
    this.#options = options;
    this.#connections = new Connections(access);
    this.#topology = new Topology(access, this.#connections);
    this.#masters = new Masters(this.#topology);
  }

  free(): void {
    this.#connections.close();
  }

  async consume(handlers: ConsumerHandlers, joined: () => void, signal: AbortSignal): Promise<void> {
    const { channel } = this.#options;
    while (!signal.aborted && this.#queues.length === 0) {
      try {
        this.#queues = await this.#topology.queues(channel.name, channel.partitions);
      } catch {
        await pause(retryMs, signal); // the name server is away
      }
    }
    const sets = [...new Set(this.#queues.map(({ set }) => set))];
    await Promise.all(sets.map((set) => this.#consumeSet(set, handlers, joined, signal)));
  }

  async #consumeSet(set: string, handlers: ConsumerHandlers, joined: () => void, signal: AbortSignal): Promise<void> {
    const { channel, group, sessionTimeoutMs } = this.#options;
    const hidden = { invisibleMs: invisibleMs(sessionTimeoutMs), waitMs };
    while (!signal.aborted) {
      const address = this.#masters.of(set);
      if (address === undefined) {
        await this.#masters.refresh();
        if (this.#masters.of(set) === undefined) await pause(retryMs, signal);
        continue;
      }
      try {
        const popped = await pop(this.#connections, address, { group, topic: channel.name, set, ...hidden });
        joined();
        if (signal.aborted) await this.#refuse(address, popped);
        else await this.#hand(address, set, popped, handlers);
      } catch (error) {
        if (error instanceof Refused && isFinal(error)) throw setupError(error, group);
        this.#connections.drop(address);
        this.#masters.refreshSoon();
        await pause(retryMs, signal);
      }
    }
  }

  /** What was handed out to a consumer that ends: nobody saw it. */
  async #refuse(address: string, popped: readonly Popped[]): Promise<void> {
    const { group } = this.#options;
    const back = { invisibleMs: 100, uncounted: true };
    await Promise.all(popped.map((each) => hide(this.#connections, address, group, each, back)));
  }

  /** Partitions at the same time, the batches of one after each other. */
  async #hand(address: string, set: string, popped: readonly Popped[], handlers: ConsumerHandlers): Promise<void> {
    const { group, channel, sessionTimeoutMs } = this.#options;
    const world: PopWorld = {
      connections: this.#connections,
      address,
      group,
      invisibleMs: invisibleMs(sessionTimeoutMs),
      redelivery: channel.redelivery,
    };
    const due = await this.#withoutSpent(world, popped);
    const partitionOf = (queue: number): number =>
      this.#queues.findIndex((each) => each.set === set && each.queue === queue);
    const batches = batchesOf(world, due, partitionOf);
    await Promise.all([...batches.values()].map((list) => handOut(list, handlers)));
  }

  /** A consumer that was killed at the last try could not say so: those have had all of theirs. */
  async #withoutSpent(world: PopWorld, popped: readonly Popped[]): Promise<Popped[]> {
    const { redelivery, connections, address, group } = world;
    if (redelivery === undefined) return [...popped];
    const isSpent = ({ record }: Popped): boolean => record.reconsumed > redelivery.attempts;
    const settle = redelivery.deadLetter ? toDeadLetters : acknowledge;
    await Promise.all(popped.filter(isSpent).map((each) => settle(connections, address, group, each)));
    return popped.filter((each) => !isSpent(each));
  }
}

async function handOut(batches: readonly PopBatch[], handlers: ConsumerHandlers): Promise<void> {
  for (const batch of batches) {
    try {
      await handlers.batch(batch);
    } catch {
      // what the worker could not process comes again; its journal says why
      await batch.giveBackRest().catch(() => undefined); // and if the broker cannot be told, after the invisible time
    }
  }
}

/** Refusals that no waiting mends. A topic or a group that is missing may come back with its broker. */
function isFinal({ message }: Refused): boolean {
  return message.includes('timerWheelEnable is false');
}

function setupError(error: Refused, group: string): ToolError {
  return new ToolError(`group ${group} cannot consume: ${messageOf(error)}`, {
    code: 'consumer',
    hint: 'POP needs the timer wheel: start the brokers with timerWheelEnable=true',
    exitCode: exitCodes.setup,
  });
}

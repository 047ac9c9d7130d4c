/**
 * Sends over the remoting protocol, one message a request, so that each attempt has exactly one outcome: what the broker
 * answered, word for word, and whether any byte was written where it did not. (The gRPC proxy hides the queue, picks the
 * broker by itself and repeats on its own.) Nothing is repeated here, and nothing is written once an attempt has ended.
 */

import { DeadlineError, noAbort, pause, within } from '../../../wait.ts';
import type { BrokerAccess, OutgoingMessage, ProducerClient, ProducerOptions, SendResult } from '../../driver.ts';
import type { RocketmqPlan } from '../settings.ts';
import { requests } from './codes.ts';
import { type Connection, NoAnswer } from './connection.ts';
import { Connections } from './connections.ts';
import { Masters } from './masters.ts';
import type { Queue } from './queues.ts';
import { encodeProperties } from './records.ts';
import { outcomeOf } from './send-answers.ts';
import { Topology } from './topology.ts';

/** A name server that is down is no error here: a worker that starts in an outage has to outlast it. */
const askAgainMs = 250;
/** The partition that a message was sent to: a copy in a retry topic no longer knows its queue. */
export const partitionProperty = 'MQCHAOS_PARTITION';
/** No topic of that name exists, so that no broker makes a topic that is missing from a default one. */
const noDefaultTopic = 'mqchaos-no-default';

export async function openProducer(access: BrokerAccess, options: ProducerOptions): Promise<ProducerClient> {
  const producer = new RemotingProducer(access, options);
  await producer.open();
  return producer;
}

class RemotingProducer implements ProducerClient {
  readonly #options: ProducerOptions;
  readonly #clientId: string;
  readonly #attached: boolean;
  readonly #connections: Connections;
  readonly #topology: Topology;
  readonly #masters: Masters;
  #queues: readonly Queue[] = [];

  constructor(access: BrokerAccess, options: ProducerOptions) {
    this.#options = options;
    this.#clientId = access.clientId;
    this.#attached = (access.cluster as RocketmqPlan).attach !== undefined;
    this.#connections = new Connections(access);
    this.#topology = new Topology(access, this.#connections);
    this.#masters = new Masters(this.#topology);
  }

  async open(): Promise<void> {
    const { channel, signal } = this.#options;
    while (!signal.aborted) {
      try {
        this.#queues = await this.#topology.queues(channel.name, channel.partitions);
        break;
      } catch {
        await pause(askAgainMs, signal); // the name server is away
      }
    }
    await this.#masters.refresh();
  }

  /** Sets, not addresses: another queue of the same set is no other broker, whoever is its master. */
  routes(): readonly string[] {
    return this.#queues.map(({ set }) => set);
  }

  async send(message: OutgoingMessage): Promise<SendResult> {
    const partition = message.partition ?? 0;
    const result = await this.#attempt(message, partition).catch((error: unknown) => outcomeWithout(error));
    if (result.outcome !== 'acked' && result.outcome !== 'sent') this.#masters.refreshSoon();
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connections.close();
  }

  async #attempt(message: OutgoingMessage, partition: number): Promise<SendResult> {
    const { timeoutMs, oneway } = this.#options;
    const endMs = performance.now() + timeoutMs;
    const queue = this.#queues[partition];
    const address = queue === undefined ? undefined : this.#masters.of(queue.set);
    if (queue === undefined || address === undefined) return { outcome: 'rejected', reason: 'no-route' };
    const connection = await this.#connected(address, timeoutMs);
    const fields = this.#fields(message, queue.queue, partition);
    if (oneway) {
      connection.tell(requests.sendMessageV2, fields, message.value);
      return { outcome: 'sent' };
    }
    const deadlineMs = Math.max(1, endMs - performance.now());
    const answer = await connection.ask(requests.sendMessageV2, fields, { body: message.value, deadlineMs });
    return outcomeOf(answer, partition, this.#attached);
  }

  /** The attempt ends with its deadline, and what is connected later is for later ones. */
  async #connected(address: string, deadlineMs: number): Promise<Connection> {
    try {
      return await within(this.#connections.to(address), {
        what: `connect to ${address}`,
        boundMs: deadlineMs,
        signal: noAbort,
      });
    } catch (error) {
      if (error instanceof DeadlineError) throw new NoAnswer('not-connected', false, error.message);
      throw error;
    }
  }

  #fields({ producer, seq, attempt }: OutgoingMessage, queue: number, partition: number) {
    const { channel, acks } = this.#options;
    const properties = encodeProperties({
      UNIQ_KEY: uniqueKey(this.#clientId, producer, seq, attempt),
      WAIT: acks === 'all' ? 'true' : 'false', // waitStoreMsgOK: neither a flush nor a slave is waited for without it
      [partitionProperty]: String(partition),
    });
    return {
      ...{ a: 'mqchaos', b: channel.name, c: noDefaultTopic, d: 1, e: queue, f: 0, g: Date.now(), h: 0 },
      ...{ i: properties, j: 0, k: false, m: false },
    };
  }
}

/** Of one length, so that none is the beginning of another: the broker's index takes keys apart. */
export function uniqueKey(clientId: string, producer: number, seq: number, attempt: number): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  return `${clientId}-${hex(producer, 4)}${hex(seq, 8)}${hex(attempt, 4)}`;
}

/** The proof of no effect is that nothing was written; everything else without an answer is not known. */
function outcomeWithout(error: unknown): SendResult {
  if (!(error instanceof NoAnswer)) throw error;
  return { outcome: error.written ? 'unknown' : 'rejected', reason: error.reason };
}

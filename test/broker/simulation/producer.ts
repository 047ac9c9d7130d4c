import { initProducerId, produce } from '../../../src/broker/wire/apis/records.ts';
import { code } from '../../../src/broker/wire/codes.ts';
import { batch } from '../support/batches.ts';
import { type Client, topic } from './client.ts';
import type { History, Sent } from './history.ts';
import type { ProducerShape } from './scenario.ts';

/** Answers that prove that nothing of the request was stored. */
const refusals: readonly number[] = [
  code.NOT_LEADER_OR_FOLLOWER,
  code.UNKNOWN_TOPIC_OR_PARTITION,
  code.LEADER_NOT_AVAILABLE,
  code.NOT_ENOUGH_REPLICAS,
];

/**
 * Sends one message after the other. An idempotent producer tries each again, with the same sequence, until it is
 * acknowledged; a plain one only what was surely refused, so that nothing of it may be stored twice either.
 */
export class Producer {
  readonly #client: Client;
  readonly #shape: ProducerShape;
  readonly #history: History;
  readonly #partitions: number;
  readonly #mayLose: boolean;
  readonly #sequences = new Map<number, number>();
  #id = -1;
  #number = 0;

  /** @param mayLose the settings allow that what was acknowledged is lost, so that sequences may have gaps. */
  constructor(client: Client, shape: ProducerShape, history: History, partitions: number, mayLose: boolean) {
    this.#client = client;
    this.#shape = shape;
    this.#history = history;
    this.#partitions = partitions;
    this.#mayLose = mayLose;
  }

  /** Until it is told to end; what it has begun it brings to its end, unless the run is over first. */
  async run(ends: () => boolean): Promise<void> {
    while (!ends()) {
      await this.#client.pause(2 * this.#shape.everyMs * this.#client.random.float());
      await this.#send();
    }
  }

  async #send(): Promise<void> {
    this.#number += 1;
    const { name, idempotent, acks } = this.#shape;
    const partition = this.#client.random.int(this.#partitions);
    const value = `${name}-${this.#number}`;
    const sent: Sent = {
      value,
      producer: name,
      idempotent,
      acks,
      partition,
      number: this.#number,
      outcome: 'refused',
      offset: -1,
    };
    this.#history.sent.set(value, sent);
    for (;;) {
      const answer = await this.#attempt(sent).catch(() => undefined);
      const errorCode = answer?.errorCode;
      if (answer !== undefined && errorCode === code.NONE) {
        sent.outcome = 'acked';
        sent.offset = answer.offset;
        break;
      }
      if (errorCode === undefined || !refusals.includes(errorCode)) {
        sent.outcome = errorCode === code.NOT_ENOUGH_REPLICAS_AFTER_APPEND ? 'degraded' : 'unknown';
      }
      if (errorCode === code.OUT_OF_ORDER_SEQUENCE_NUMBER && this.#outOfOrder(value)) return;
      if (!idempotent && sent.outcome !== 'refused') break;
      this.#client.forget();
      await this.#client.pause(20 + 100 * this.#client.random.float());
    }
    if (idempotent) this.#sequences.set(partition, (this.#sequences.get(partition) ?? 0) + 1);
  }

  /** The broker misses what came before. Where it may, the producer begins anew, as Kafka's client does. */
  #outOfOrder(value: string): boolean {
    if (!this.#mayLose)
      this.#history.violations.push(`${value} is out of order, although nothing before it may be lost`);
    this.#id = -1;
    this.#sequences.clear();
    return true;
  }

  /** @throws when nobody answers. */
  async #attempt(sent: Sent): Promise<{ errorCode: number; offset: number } | undefined> {
    const { idempotent, acks } = this.#shape;
    const refused = { errorCode: code.LEADER_NOT_AVAILABLE, offset: -1 };
    if (idempotent && this.#id < 0) await this.#begin(sent.partition).catch(() => {});
    if (idempotent && this.#id < 0) return refused;
    const identity = idempotent
      ? { producerId: this.#id, epoch: 0, sequence: this.#sequences.get(sent.partition) ?? 0 }
      : {};
    const records = batch({ ...identity, payload: sent.value });
    const topics = [{ name: topic, partitions: [{ index: sent.partition, records }] }];
    const request = { transactionalId: null, acks, timeoutMs: 2000, topics };
    const answer = await this.#client.callLeader(sent.partition, produce, request);
    const found = answer?.topics[0]?.partitions[0];
    return found === undefined ? refused : { errorCode: found.errorCode, offset: found.baseOffset };
  }

  async #begin(partition: number): Promise<void> {
    const request = { ...initProducerId.request.zero, transactionalId: null, producerId: -1, producerEpoch: -1 };
    const answer = await this.#client.callLeader(partition, initProducerId, request);
    if (answer?.errorCode === code.NONE) this.#id = answer.producerId;
  }
}

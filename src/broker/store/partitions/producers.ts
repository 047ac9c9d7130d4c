import { code } from '../../wire/codes.ts';
import type { BatchHeader } from '../../wire/record-batch.ts';
import { array, field, int16, int32, int64, struct, type ValueOf } from '../../wire/types.ts';

const windowLength = 5;
const producersLimit = 10_000;

/** One batch of an idempotent producer: its first and last sequence number and its base offset. */
const writtenBatch = struct({ first: field(int32), last: field(int32), baseOffset: field(int64) });

/** What the broker remembers of an idempotent producer: its last batches, oldest first. */
export const producerState = struct({ id: field(int64), epoch: field(int16), window: field(array(writtenBatch)) });
export type ProducerState = ValueOf<typeof producerState>;

export type Judgement =
  | { readonly verdict: 'new' }
  | { readonly verdict: 'duplicate'; readonly baseOffset: number }
  | {
      readonly verdict: 'refused';
      readonly errorCode: number;
    };

/**
 * The idempotent producers of one partition (KIP-98), with the last five batches of each. A batch with the sequence
 * numbers of one of these five is a duplicate: it succeeds with the old offset. A batch that does not continue the last
 * one is out of order. A producer that is not known here may start with any sequence number: the log may have lost its
 * entries, or its state was dropped because too many other producers wrote after it.
 */
export class Producers {
  /** In the order of their last batches: the producer that wrote last comes last. */
  readonly #byId: Map<number, ProducerState>;

  /** @param states as the getter `states` returned them */
  constructor(states: readonly ProducerState[] = []) {
    this.#byId = new Map(states.map((state) => [state.id, state]));
  }

  get states(): ProducerState[] {
    return [...this.#byId.values()];
  }

  judge(batch: BatchHeader): Judgement {
    const known = batch.producerId < 0 ? undefined : this.#byId.get(batch.producerId);
    if (known === undefined) return { verdict: 'new' };
    if (batch.producerEpoch < known.epoch) return { verdict: 'refused', errorCode: code.INVALID_PRODUCER_EPOCH };
    const outOfOrder: Judgement = { verdict: 'refused', errorCode: code.OUT_OF_ORDER_SEQUENCE_NUMBER };
    if (batch.producerEpoch > known.epoch) return batch.baseSequence === 0 ? { verdict: 'new' } : outOfOrder;
    const last = lastSequence(batch);
    const twin = known.window.find((one) => one.first === batch.baseSequence && one.last === last);
    if (twin !== undefined) return { verdict: 'duplicate', baseOffset: twin.baseOffset };
    const expected = plus(known.window.at(-1)?.last ?? -1, 1);
    return batch.baseSequence === expected ? { verdict: 'new' } : outOfOrder;
  }

  /** Remembers a batch that gets `baseOffset`. Returns a function that undoes that. */
  record(batch: BatchHeader, baseOffset: number): () => void {
    const id = batch.producerId;
    if (id < 0) return () => {};
    const before = this.#byId.get(id);
    const written = { first: batch.baseSequence, last: lastSequence(batch), baseOffset };
    const kept = before !== undefined && before.epoch === batch.producerEpoch ? before.window : [];
    this.#byId.delete(id);
    this.#byId.set(id, { id, epoch: batch.producerEpoch, window: [...kept, written].slice(-windowLength) });
    const forgotten = this.#forgetOldest();
    return () => {
      if (forgotten !== undefined) this.#byId.set(forgotten.id, forgotten);
      if (before === undefined) this.#byId.delete(id);
      else this.#byId.set(id, before);
    };
  }

  #forgetOldest(): ProducerState | undefined {
    if (this.#byId.size <= producersLimit) return undefined;
    const oldest = this.#byId.values().next();
    if (oldest.done === true) return undefined;
    this.#byId.delete(oldest.value.id);
    return oldest.value;
  }
}

function lastSequence(batch: BatchHeader): number {
  return plus(batch.baseSequence, batch.count - 1);
}

/** Sequence numbers have 31 bits, and 0 follows the greatest. */
function plus(sequence: number, count: number): number {
  return (sequence + count) % 0x8000_0000;
}

import { code } from '../../wire/codes.ts';
import type { BatchHeader } from '../../wire/record-batch.ts';
import { array, field, int16, int32, int64, struct, type ValueOf } from '../../wire/types.ts';

const windowLength = 5;
const producersLimit = 10_000;

/** One batch that an idempotent producer wrote: its first and last sequence and where it went. */
const writtenBatch = struct({ first: field(int32), last: field(int32), baseOffset: field(int64) });

/** What is kept of a producer: its last batches, oldest first. */
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
 * The idempotent producers of one partition (KIP-98): for each the last five batches. A batch with the sequences of one
 * of them is a duplicate and succeeds with the old offset; one that does not follow the last is out of order. A producer
 * that is not known here may start anywhere: its state was lost with what we no longer have, or it was one of so many
 * that those who wrote last took its place.
 */
export class Producers {
  /** Those who wrote last come last. */
  readonly #byId: Map<number, ProducerState>;

  /** @param states as `states` once gave them */
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

  /** Takes note of a batch that goes in at `baseOffset`; returns what takes that back. */
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

/** Sequences are 31 bits and start again at 0. */
function plus(sequence: number, count: number): number {
  return (sequence + count) % 0x8000_0000;
}

import { array, field, int32, int64, struct, uuid, type ValueOf } from '../../wire/types.ts';
import { producerState } from './producers.ts';

/** What a checkpoint keeps of a partition. */
export const partitionState = struct({
  topicId: field(uuid),
  partition: field(int32),
  /** How many batches its index holds. The index itself is in a file of its own. */
  length: field(int64),
  /** The offset that the next record gets. */
  end: field(int64),
  /** Consumers see nothing below this offset. */
  start: field(int64),
  /** Of all its entries. */
  sizeBytes: field(int64),
  producers: field(array(producerState)),
});

export type PartitionState = ValueOf<typeof partitionState>;

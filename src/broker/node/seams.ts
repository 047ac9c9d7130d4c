import type { DerivedGroups } from '../store/checkpoint/derived-groups.ts';
import type { CommitLog } from '../store/log/commit-log.ts';
import type { Appended, Partition } from '../store/partitions/partition.ts';
import type { StoreSettings } from '../store/store.ts';
import type { BatchHeader } from '../wire/record-batch.ts';
import type { NodeParts } from './parts.ts';

/** The four parts of a node that can be replaced from outside when it starts. */
export interface Seams {
  /** Stores a batch and answers its producer. */
  readonly append: Append;
  /** Reads what consumers are shown of a partition. */
  readonly read: Read;
  /** Settings of the store: what it has to do before it calls an entry protected. */
  readonly promises: StoreSettings;
  /** Takes the entries of the log that concern groups, and so keeps the committed offsets. */
  readonly groups: DerivedGroups;
}

/** Stores a batch. Settles with the answer to its producer, as soon as the producer may have it. */
export type Append = (arriving: Arriving) => Promise<Answer>;

/** A checked batch for a partition of which this node is leader. Nobody else uses its buffer. */
export interface Arriving {
  readonly parts: NodeParts;
  readonly partition: Partition;
  readonly records: Buffer;
  readonly header: BatchHeader;
  readonly acks: number;
  readonly timeoutMs: number;
}

export type Answer = Pick<Appended, 'errorCode' | 'baseOffset'>;

/** Reads whole batches for a consumer. */
export type Read = (asked: Asked) => Promise<Buffer[]>;

/** Asks for whole batches from the one that holds `offset`, up to `maxBytes`, but at least one if `atLeastOne`. */
export interface Asked {
  readonly log: CommitLog;
  readonly partition: Partition;
  readonly offset: number;
  readonly maxBytes: number;
  readonly atLeastOne: boolean;
}

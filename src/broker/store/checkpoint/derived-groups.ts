import type { Entry } from '../log/entry.ts';
import type { Shown } from '../partitions/visibility.ts';

/** The state of consumer groups as derived from their entries in the log. */
export interface DerivedGroups extends Shown {
  apply(entry: Entry): string | undefined;
  /** Whether a group has committed an offset of the topic. */
  holdsTopic(topicId: string): boolean;
  /** Forgets the offsets of a topic whose deletion is in the log. */
  dropTopic(topicId: string): void;
  reset(): void;
  /** The whole state, for a checkpoint. */
  save(): Buffer;
  /**
   * Restores the state that `save` returned when the log ended at `position`. None of it is visible until `show` is
   * called with that position.
   */
  load(saved: Buffer, position: number): void;
}

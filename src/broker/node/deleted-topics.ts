import { BrokerError } from '../errors.ts';
import type { CommittedOffsets } from '../groups/committed.ts';
import type { Store } from '../store/store.ts';

/**
 * Drops what is held of deleted topics. The leader of a set does it in its log, and so for all of the set; a node learns
 * from the routes or from the log, whichever comes first.
 */
export class DeletedTopics {
  readonly #store: Store;
  readonly #committed: CommittedOffsets;

  constructor(store: Store, committed: CommittedOffsets) {
    this.#store = store;
    this.#committed = committed;
  }

  /** After the routes no longer name them, or a request could bring a dropped topic back to life. */
  async drop(topicIds: readonly string[]): Promise<void> {
    for (const topicId of topicIds) {
      this.#committed.deleteTopic(topicId);
      if (!this.#store.log.leads || !this.#store.holdsTopic(topicId)) continue;
      await this.#store.deleteTopic(topicId).catch((error: unknown) => {
        // The next leader will do it.
        if (!(error instanceof BrokerError)) throw error;
      });
    }
  }
}

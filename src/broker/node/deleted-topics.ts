import { BrokerError } from '../errors.ts';
import type { CommittedOffsets } from '../groups/committed.ts';
import type { Store } from '../store/store.ts';

/**
 * Drops what the node holds of deleted topics. The leader of a set writes the deletion into its log, and thereby drops the
 * topic on all nodes of the set. A node learns of a deletion from the routes or from the log, whichever comes first.
 */
export class DeletedTopics {
  readonly #store: Store;
  readonly #committed: CommittedOffsets;

  constructor(store: Store, committed: CommittedOffsets) {
    this.#store = store;
    this.#committed = committed;
  }

  /** To be called when the routes no longer name the topics: a request for one of them would make its partitions again. */
  async drop(topicIds: readonly string[]): Promise<void> {
    for (const topicId of topicIds) {
      this.#committed.deleteTopic(topicId);
      if (!this.#store.log.leads || !this.#store.holdsTopic(topicId)) continue;
      await this.#store.deleteTopic(topicId).catch((error: unknown) => {
        // The log cannot take the entry. The next leader will write it.
        if (!(error instanceof BrokerError)) throw error;
      });
    }
  }
}

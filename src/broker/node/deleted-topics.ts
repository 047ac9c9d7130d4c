import { BrokerError } from '../errors.ts';
import type { ClusterRoutes } from '../routes/routes.ts';
import type { Store } from '../store/store.ts';

/**
 * Drops what the node holds of deleted topics. The leader of a set writes the deletion into its log, and thereby drops the
 * topic on all nodes of the set. A node learns of a deletion from the routes or from the log, whichever comes first.
 */
export class DeletedTopics {
  readonly #store: Store;
  /** The routes by which this node last found that it holds nothing, and where its log ended then. */
  #without = { version: 0, end: 0 };
  #droppedVersion = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** To be called when the routes no longer name the topics: a request for one of them would make its partitions again. */
  async drop(topicIds: readonly string[]): Promise<void> {
    for (const topicId of topicIds) {
      if (!this.#store.log.leads) this.#store.forgetUnused(topicId);
      else if (this.#store.holdsTopic(topicId)) {
        await this.#store.deleteTopic(topicId).catch((error: unknown) => {
          // The log cannot take the entry. The next leader will write it.
          if (!(error instanceof BrokerError)) throw error;
        });
      }
    }
  }

  /**
   * The version of the routes up to which this node, as far as it knows, holds nothing of deleted topics, not after a power
   * cut either. To be asked again and again: it syncs the log where that is all that is missing.
   */
  droppedVersion(routes: ClusterRoutes | undefined): number {
    const { log } = this.#store;
    if (routes === undefined) return 0;
    if (this.#without.version !== routes.version) {
      if (routes.deletedTopicIds.some((id) => this.#store.holdsTopic(id))) return this.#droppedVersion;
      this.#without = { version: routes.version, end: log.end };
    }
    if (routes.deletedTopicIds.length === 0 || log.synced >= this.#without.end) this.#droppedVersion = routes.version;
    // A sync that fails stops the log, which tells of it.
    else void log.sync().catch(() => {});
    return this.#droppedVersion;
  }
}

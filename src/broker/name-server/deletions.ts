import type { ClusterRoutes } from '../routes/routes.ts';

/**
 * Knows which deleted topics no node holds anything of any more, durably: their ids may leave the routes. In memory only:
 * after a start of the name server every node has to say it again.
 */
export class Deletions {
  /** The version of the routes that first named the id as deleted. */
  readonly #deletedAt = new Map<string, number>();
  /** By node, the version up to which it holds nothing of topics that were deleted. */
  readonly #droppedTo = new Map<number, number>();

  /** To be called with routes that were found or are about to be in force. */
  note({ version, deletedTopicIds }: ClusterRoutes): void {
    for (const id of deletedTopicIds) if (!this.#deletedAt.has(id)) this.#deletedAt.set(id, version);
  }

  heard(nodeId: number, droppedVersion: number): void {
    this.#droppedTo.set(nodeId, droppedVersion);
  }

  /** The routes without the ids that nobody needs any more; the same object if there are none. */
  pruned(routes: ClusterRoutes): ClusterRoutes {
    if (routes.deletedTopicIds.length === 0) return routes;
    const nodes = routes.sets.flatMap(({ replicas }) => replicas);
    const droppedTo = Math.min(...nodes.map(({ id }) => this.#droppedTo.get(id) ?? 0));
    const needed = routes.deletedTopicIds.filter((id) => (this.#deletedAt.get(id) ?? routes.version) > droppedTo);
    if (needed.length === routes.deletedTopicIds.length) return routes;
    for (const id of this.#deletedAt.keys()) if (!needed.includes(id)) this.#deletedAt.delete(id);
    return { ...routes, deletedTopicIds: needed };
  }
}

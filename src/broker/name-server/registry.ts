import {
  type ClusterRoutes,
  type NodeAddress,
  routesFile,
  routesFromText,
  routesToText,
  type SetRoute,
  type TopicRoute,
} from '../routes/routes.ts';
import { registered } from '../routes/sets.ts';
import { Serial } from '../serial.ts';
import { readSmallFile, writeSmallFile } from '../small-file.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';

export interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** The routes on the name server's disk. Changes to them are made one at a time. */
export class Registry implements AsyncDisposable {
  readonly #world: World;
  #routes: ClusterRoutes;
  readonly #changes = new Serial();
  #closed = false;

  private constructor(world: World, routes: ClusterRoutes) {
    this.#world = world;
    this.#routes = routes;
  }

  static async open(world: World): Promise<Registry> {
    // An earlier process may have been killed before it synced the folder. What nodes are told must survive a power cut.
    await world.disk.syncFolder('.');
    const text = await readSmallFile(world.disk, routesFile);
    if (text !== undefined) return new Registry(world, routesFromText(text));
    const clusterId = world.random.bytes(16).toString('hex');
    const routes = { version: 1, clusterId, sets: [], topics: [], deletedTopicIds: [] };
    await writeSmallFile(world.disk, routesFile, routesToText(routes));
    return new Registry(world, routes);
  }

  get routes(): ClusterRoutes {
    return this.#routes;
  }

  setOf(nodeId: number): SetRoute | undefined {
    return this.#routes.sets.find(({ replicas }) => replicas.some(({ id }) => id === nodeId));
  }

  /** Takes note of a node's address. Writes nothing if the address is known already. */
  register(setId: number, node: NodeAddress): Promise<void> {
    return this.#change((routes) => replaceSet(routes, setId, (set) => registered(set, setId, node)));
  }

  /** Changes a set. `edit` is called with the set as earlier changes have left it, and may refuse. */
  async changeSet(id: number, edit: (set: SetRoute) => SetRoute | Refusal): Promise<SetRoute | Refusal> {
    let outcome: SetRoute | Refusal = { errorCode: code.INVALID_REQUEST, errorMessage: `no set ${id}` };
    await this.#change((routes) => {
      const set = routes.sets.find((one) => one.id === id);
      if (set === undefined) return routes;
      const edited = edit(set);
      outcome = edited;
      return 'errorCode' in edited ? routes : replaceSet(routes, id, () => edited);
    });
    return outcome;
  }

  /** Spreads the partitions round robin over `sets`. The number of topics decides which set is the first. */
  async createTopic(
    name: string,
    partitionCount: number,
    sets: readonly number[],
    validateOnly: boolean,
  ): Promise<TopicRoute | Refusal> {
    let outcome: TopicRoute | Refusal = { errorCode: code.UNKNOWN_SERVER_ERROR, errorMessage: 'not decided' };
    await this.#change((routes) => {
      if (routes.topics.some((topic) => topic.name === name)) {
        outcome = { errorCode: code.TOPIC_ALREADY_EXISTS, errorMessage: `topic ${name} exists already` };
        return routes;
      }
      const start = routes.topics.length;
      const setOf = (partition: number) => sets[(start + partition) % sets.length] ?? -1;
      const id = this.#world.random.bytes(16).toString('hex');
      const topic = { name, id, sets: Array.from({ length: partitionCount }, (_, partition) => setOf(partition)) };
      outcome = topic;
      return validateOnly ? routes : { ...routes, topics: [...routes.topics, topic] };
    });
    return outcome;
  }

  async deleteTopic(name: string): Promise<Refusal | undefined> {
    let refusal: Refusal | undefined;
    await this.#change((routes) => {
      const topic = routes.topics.find((one) => one.name === name);
      if (topic === undefined) {
        refusal = { errorCode: code.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `no topic ${name}` };
        return routes;
      }
      const topics = routes.topics.filter((one) => one !== topic);
      return { ...routes, topics, deletedTopicIds: [...routes.deletedTopicIds, topic.id] };
    });
    return refusal;
  }

  /** Refuses further changes, and waits for those in progress. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#changes.idle();
  }

  /** The new routes are in force only when they are on the disk. */
  #change(edit: (routes: ClusterRoutes) => ClusterRoutes): Promise<void> {
    return this.#changes.run(async () => {
      if (this.#closed) throw new Error('the name server is stopping');
      const edited = edit(this.#routes);
      if (edited === this.#routes) return;
      const next = { ...edited, version: this.#routes.version + 1 };
      await writeSmallFile(this.#world.disk, routesFile, routesToText(next));
      this.#routes = next;
    });
  }
}

function replaceSet(routes: ClusterRoutes, id: number, edit: (set: SetRoute | undefined) => SetRoute): ClusterRoutes {
  const before = routes.sets.find((one) => one.id === id);
  const after = edit(before);
  if (after === before) return routes;
  const others = routes.sets.filter((one) => one !== before);
  return { ...routes, sets: [...others, after].sort((one, other) => one.id - other.id) };
}

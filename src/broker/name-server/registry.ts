import { readSmallFile, writeSmallFile } from '../store/small-file.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import {
  type ClusterRoutes,
  type MasterAddress,
  routesFile,
  routesFromText,
  routesToText,
  type TopicRoute,
} from './routes.ts';

export interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** The routes on the name server's disk, and the changes that may be made to them, one at a time. */
export class Registry {
  readonly #world: World;
  #routes: ClusterRoutes;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(world: World, routes: ClusterRoutes) {
    this.#world = world;
    this.#routes = routes;
  }

  static async open(world: World): Promise<Registry> {
    const text = await readSmallFile(world.disk, routesFile);
    if (text !== undefined) return new Registry(world, routesFromText(text));
    const clusterId = world.random.bytes(16).toString('hex');
    const routes = { version: 1, clusterId, masters: [], topics: [], deletedTopicIds: [] };
    await writeSmallFile(world.disk, routesFile, routesToText(routes));
    return new Registry(world, routes);
  }

  get routes(): ClusterRoutes {
    return this.#routes;
  }

  /** Takes note of a master's address; nothing is written when it is known already. */
  register(master: MasterAddress): Promise<void> {
    return this.#change((routes) => {
      const known = routes.masters.find(({ id }) => id === master.id);
      if (known?.host === master.host && known.port === master.port) return routes;
      const others = routes.masters.filter(({ id }) => id !== master.id);
      return { ...routes, masters: [...others, master].sort((one, other) => one.id - other.id) };
    });
  }

  /** Spreads the partitions round robin over `leaders`, starting where the number of topics points. */
  async createTopic(
    name: string,
    partitionCount: number,
    leaders: readonly number[],
    validateOnly: boolean,
  ): Promise<TopicRoute | Refusal> {
    let outcome: TopicRoute | Refusal = { errorCode: code.UNKNOWN_SERVER_ERROR, errorMessage: 'not decided' };
    await this.#change((routes) => {
      if (routes.topics.some((topic) => topic.name === name)) {
        outcome = { errorCode: code.TOPIC_ALREADY_EXISTS, errorMessage: `topic ${name} exists already` };
        return routes;
      }
      const start = routes.topics.length;
      const leaderOf = (partition: number) => leaders[(start + partition) % leaders.length] ?? -1;
      const id = this.#world.random.bytes(16).toString('hex');
      const topic = {
        name,
        id,
        leaders: Array.from({ length: partitionCount }, (_, partition) => leaderOf(partition)),
      };
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

  /** The new routes count only once they are on the disk. */
  #change(edit: (routes: ClusterRoutes) => ClusterRoutes): Promise<void> {
    const run = this.#last.then(async () => {
      const edited = edit(this.#routes);
      if (edited === this.#routes) return;
      const next = { ...edited, version: this.#routes.version + 1 };
      await writeSmallFile(this.#world.disk, routesFile, routesToText(next));
      this.#routes = next;
    });
    this.#last = run.catch(() => {});
    return run;
  }
}

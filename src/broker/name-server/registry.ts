import {
  type ClusterRoutes,
  type Configs,
  type NodeAddress,
  routesFile,
  routesFromText,
  routesToText,
  type SetRoute,
} from '../routes/routes.ts';
import { registered } from '../routes/sets.ts';
import { type AskedTopic, added, configured, extended, limits, type Refusal, removed } from '../routes/topics.ts';
import { Serial } from '../serial.ts';
import { readSmallFile, writeSmallFile } from '../small-file.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import { Deletions } from './deletions.ts';

/** The routes on the name server's disk. Changes to them are made one at a time. */
export class Registry implements AsyncDisposable {
  readonly #world: World;
  #routes: ClusterRoutes;
  readonly #changes = new Serial();
  readonly #deletions = new Deletions();
  #closed = false;

  private constructor(world: World, routes: ClusterRoutes) {
    this.#world = world;
    this.#routes = routes;
    this.#deletions.note(routes);
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

  /** A node holds nothing, durably, of topics that were deleted up to that version of the routes. */
  dropped(nodeId: number, version: number): void {
    this.#deletions.heard(nodeId, version);
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

  /** Adds topics in one change, each refused or made by itself. Settles with their ids, in order. */
  async addTopics(
    asked: readonly AskedTopic[],
    sets: readonly number[],
    validateOnly: boolean,
  ): Promise<readonly (string | Refusal)[]> {
    return await this.#changeEach(
      asked,
      (routes, topic) => {
        const id = this.#world.random.bytes(16).toString('hex');
        const outcome = added(routes, topic, sets, id);
        return 'errorCode' in outcome ? outcome : { routes: outcome.routes, said: id };
      },
      validateOnly,
    );
  }

  /** Removes topics in one change. `undefined` for each that was removed. */
  async removeTopics(names: readonly string[]): Promise<readonly (undefined | Refusal)[]> {
    return await this.#changeEach(names, (routes, name) => done(removed(routes, name)));
  }

  /** Gives topics more partitions in one change. `undefined` for each that has them. */
  async addPartitions(
    asked: readonly { readonly name: string; readonly count: number }[],
    sets: readonly number[],
    validateOnly: boolean,
  ): Promise<readonly (undefined | Refusal)[]> {
    return await this.#changeEach(
      asked,
      (routes, { name, count }) => done(extended(routes, name, count, sets)),
      validateOnly,
    );
  }

  /** Gives topics other configs in one change. `undefined` for each that has them. */
  async configureTopics(
    asked: readonly { readonly name: string; readonly configs: Configs }[],
  ): Promise<readonly (undefined | Refusal)[]> {
    return await this.#changeEach(asked, (routes, { name, configs }) => done(configured(routes, name, configs)));
  }

  /** All changes together are one, which is written once. */
  async #changeEach<T, R>(
    asked: readonly T[],
    edit: (routes: ClusterRoutes, one: T) => { readonly routes: ClusterRoutes; readonly said: R } | Refusal,
    validateOnly = false,
  ): Promise<(R | Refusal)[]> {
    let said: (R | Refusal)[] = [];
    await this.#change((before) => {
      let routes = before;
      for (const one of asked) {
        const outcome = edit(routes, one);
        if ('errorCode' in outcome) said.push(outcome);
        else {
          routes = outcome.routes;
          said.push(outcome.said);
        }
      }
      // Names and configs may be long, and every node is sent all of them at once.
      if (routes !== before && routesToText(routes).length > limits.routesChars) {
        said = asked.map(() => ({ errorCode: code.POLICY_VIOLATION, errorMessage: 'its topics say too much' }));
        return before;
      }
      return validateOnly ? before : routes;
    });
    return said;
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
      const next = { ...this.#deletions.pruned(edited), version: this.#routes.version + 1 };
      this.#deletions.note(next);
      await writeSmallFile(this.#world.disk, routesFile, routesToText(next));
      this.#routes = next;
    });
  }
}

function done(
  outcome: ClusterRoutes | Refusal,
): Refusal | { readonly routes: ClusterRoutes; readonly said: undefined } {
  return 'errorCode' in outcome ? outcome : { routes: outcome, said: undefined };
}

function replaceSet(routes: ClusterRoutes, id: number, edit: (set: SetRoute | undefined) => SetRoute): ClusterRoutes {
  const before = routes.sets.find((one) => one.id === id);
  const after = edit(before);
  if (after === before) return routes;
  const others = routes.sets.filter((one) => one !== before);
  return { ...routes, sets: [...others, after].sort((one, other) => one.id - other.id) };
}

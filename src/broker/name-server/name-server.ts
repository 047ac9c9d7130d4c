import { route, routesOf, serve } from '../rpc/connection.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import { createTopic, deleteTopic, watch } from '../wire/apis/routes.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import { Registry } from './registry.ts';
import { routesToText } from './routes.ts';

export interface NameServerSettings {
  readonly host: string;
  readonly port: number;
  /** A master that was not heard of for so long counts as dead: new topics pass it by and nobody waits for it. */
  readonly masterTimeoutMs: number;
}

export interface NameServer extends AsyncDisposable {
  readonly port: number;
}

const requestLimitBytes = 1024 * 1024;

/**
 * Knows which masters there are and which of them leads each partition, and tells them. Clients never talk to it. While
 * it is down masters serve what they know; only creating and deleting topics has to wait.
 */
export async function startNameServer(world: World, settings: NameServerSettings): Promise<NameServer> {
  const lock = await world.disk.lock();
  try {
    const registry = await Registry.open(world);
    const desk = new Desk(world, settings, registry);
    const routes = routesOf([
      route(watch, (request) => desk.watch(request)),
      route(createTopic, (request) => desk.createTopic(request)),
      route(deleteTopic, (request) => desk.deleteTopic(request)),
    ]);
    const listener = await world.network.listen(settings.host, settings.port, (stream) =>
      serve(stream, routes, requestLimitBytes, (line) => world.log(line)),
    );
    return {
      port: listener.port,
      async [Symbol.asyncDispose]() {
        await listener.close();
        await lock[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

interface LiveMaster {
  readonly incarnation: string;
  readonly address: string;
  appliedVersion: number;
  seenAtMs: number;
}

/** Who is alive, who has which routes, and who waits for that to change. */
class Desk {
  readonly #world: World;
  readonly #settings: NameServerSettings;
  readonly #registry: Registry;
  readonly #masters = new Map<number, LiveMaster>();
  readonly #waiting = new Set<() => void>();
  readonly #startedAtMs: number;

  constructor(world: World, settings: NameServerSettings, registry: Registry) {
    this.#world = world;
    this.#settings = settings;
    this.#registry = registry;
    this.#startedAtMs = world.clock.nowMs();
  }

  async watch(request: RequestOf<typeof watch>): Promise<ResponseOf<typeof watch>> {
    const refusal = this.#refuse(request);
    if (refusal !== undefined) return { errorCode: code.INVALID_REQUEST, errorMessage: refusal, routes: null };
    const { masterId, host, port, incarnation, appliedVersion, waitMs } = request;
    const seenAtMs = this.#world.clock.nowMs();
    this.#masters.set(masterId, { incarnation, address: `${host}:${port}`, appliedVersion, seenAtMs });
    this.#wake();
    await this.#registry.register({ id: masterId, host, port });
    this.#wake();
    await this.#until(
      () => this.#registry.routes.version > appliedVersion,
      Math.min(waitMs, this.#settings.masterTimeoutMs / 2),
    );
    const { routes } = this.#registry;
    const newer = routes.version === appliedVersion ? null : routesToText(routes);
    return { errorCode: code.NONE, errorMessage: null, routes: newer };
  }

  async createTopic(request: RequestOf<typeof createTopic>): Promise<ResponseOf<typeof createTopic>> {
    await this.#until(() => this.#isSettled(), request.timeoutMs);
    const leaders = this.#liveIds();
    if (leaders.length === 0) {
      return { ...createTopic.response.zero, errorCode: code.NOT_CONTROLLER, errorMessage: 'no master is alive' };
    }
    const { name, partitionCount, validateOnly, timeoutMs } = request;
    const outcome = await this.#registry.createTopic(name, partitionCount, leaders, validateOnly);
    if ('errorCode' in outcome) return { ...createTopic.response.zero, ...outcome };
    const { version } = this.#registry.routes;
    const applied = await this.#applied(version, timeoutMs);
    return {
      errorCode: applied ? code.NONE : code.REQUEST_TIMED_OUT,
      errorMessage: applied ? null : 'created, but not every master has put it to use in time',
      topicId: outcome.id,
      version,
      leaders: outcome.leaders,
    };
  }

  async deleteTopic(request: RequestOf<typeof deleteTopic>): Promise<ResponseOf<typeof deleteTopic>> {
    const refusal = await this.#registry.deleteTopic(request.name);
    const { version } = this.#registry.routes;
    if (refusal !== undefined) return { ...refusal, version };
    const applied = await this.#applied(version, request.timeoutMs);
    const errorMessage = applied ? null : 'deleted, but not every master has put it to use in time';
    return { errorCode: applied ? code.NONE : code.REQUEST_TIMED_OUT, errorMessage, version };
  }

  #refuse({ masterId, host, port, incarnation, clusterId }: RequestOf<typeof watch>): string | undefined {
    const own = this.#registry.routes.clusterId;
    if (clusterId !== null && clusterId !== own)
      return `master ${masterId} belongs to cluster ${clusterId}, not ${own}`;
    const known = this.#masters.get(masterId);
    if (known === undefined || known.incarnation === incarnation || known.address === `${host}:${port}`)
      return undefined;
    return this.#isLive(known) ? `master id ${masterId} is in use at ${known.address}` : undefined;
  }

  /** After a start the known masters have one timeout to report, or a new topic would go to the quickest of them alone. */
  #isSettled(): boolean {
    if (this.#liveIds().length >= this.#registry.routes.masters.length) return this.#liveIds().length > 0;
    return this.#world.clock.nowMs() - this.#startedAtMs >= this.#settings.masterTimeoutMs;
  }

  #isLive(master: LiveMaster): boolean {
    return this.#world.clock.nowMs() - master.seenAtMs < this.#settings.masterTimeoutMs;
  }

  #liveIds(): number[] {
    return [...this.#masters]
      .filter(([, master]) => this.#isLive(master))
      .map(([id]) => id)
      .sort((one, other) => one - other);
  }

  /** Every live master has put this version of the routes to use. One that dies meanwhile is not waited for. */
  #applied(version: number, timeoutMs: number): Promise<boolean> {
    this.#wake();
    const lacking = () => [...this.#masters.values()].some((one) => this.#isLive(one) && one.appliedVersion < version);
    return this.#until(() => !lacking(), timeoutMs);
  }

  async #until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadlineMs = this.#world.clock.nowMs() + timeoutMs;
    while (!condition()) {
      const leftMs = deadlineMs - this.#world.clock.nowMs();
      if (leftMs <= 0) return false;
      // Liveness runs out without an event, so we look again now and then.
      await this.#changed(Math.min(leftMs, this.#settings.masterTimeoutMs / 4));
    }
    return true;
  }

  #changed(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        timer.cancel();
        this.#waiting.delete(settle);
        resolve();
      };
      const timer = this.#world.clock.setTimer(timeoutMs, settle);
      this.#waiting.add(settle);
    });
  }

  #wake(): void {
    for (const settle of [...this.#waiting]) settle();
  }
}

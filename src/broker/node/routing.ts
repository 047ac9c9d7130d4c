import { BrokerError, messageOf } from '../errors.ts';
import {
  type ClusterRoutes,
  routesFile,
  routesFromText,
  routesToText,
  type TopicRoute,
} from '../name-server/routes.ts';
import { connectPeer, type Peer } from '../rpc/peer.ts';
import { readSmallFile, writeSmallFile } from '../store/small-file.ts';
import type { Api } from '../wire/api.ts';
import { watch } from '../wire/apis/routes.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import type { MasterSettings } from './settings.ts';

const reconnectDelayMs = 200;
const connectTimeoutMs = 2000;

/**
 * A master's copy of the routes: on its disk, so that it can serve without the name server, and kept up to date by a
 * watch that is registration, heartbeat and acknowledgement in one.
 */
export class Routing implements AsyncDisposable {
  readonly #world: World;
  readonly #settings: MasterSettings;
  readonly #port: number;
  readonly #incarnation: string;
  readonly #dropTopic: (topicId: string) => Promise<void>;
  readonly #waiting = new Set<() => void>();
  #routes: ClusterRoutes | undefined;
  #byName = new Map<string, TopicRoute>();
  #names = new Map<string, string>();
  #registered = false;
  #trouble = 'name server not reached yet';
  #stopped = false;
  #watching: Promise<void> = Promise.resolve();
  #peer: Peer | undefined;

  private constructor(
    world: World,
    settings: MasterSettings,
    port: number,
    routes: ClusterRoutes | undefined,
    dropTopic: (topicId: string) => Promise<void>,
  ) {
    this.#world = world;
    this.#settings = settings;
    this.#port = port;
    this.#incarnation = world.random.bytes(16).toString('hex');
    this.#dropTopic = dropTopic;
    if (routes !== undefined) this.#use(routes);
  }

  /** @param dropTopic drops what the store holds of a deleted topic; must be quick when it holds nothing. */
  static async open(
    world: World,
    settings: MasterSettings,
    port: number,
    dropTopic: (topicId: string) => Promise<void>,
  ): Promise<Routing> {
    const text = await readSmallFile(world.disk, routesFile);
    const routing = new Routing(
      world,
      settings,
      port,
      text === undefined ? undefined : routesFromText(text),
      dropTopic,
    );
    // We may have died between learning of a deletion and dropping the topic.
    await routing.#dropDeleted();
    routing.#watching = routing.#watch();
    return routing;
  }

  /** Undefined until the name server was reached for the first time. */
  get routes(): ClusterRoutes | undefined {
    return this.#routes;
  }

  /** Whether the name server knows us in this life; if not, why. */
  get registration(): { registered: true } | { registered: false; reason: string } {
    return this.#registered ? { registered: true } : { registered: false, reason: this.#trouble };
  }

  topic(name: string): TopicRoute | undefined {
    return this.#byName.get(name);
  }

  topicName(id: string): string | undefined {
    return this.#names.get(id);
  }

  /** Waits until `condition` holds, looking again after every change of the routes. */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadlineMs = this.#world.clock.nowMs() + timeoutMs;
    while (!condition()) {
      const leftMs = deadlineMs - this.#world.clock.nowMs();
      if (leftMs <= 0 || this.#stopped) return false;
      await this.#changed(leftMs);
    }
    return true;
  }

  /** One request to the name server, on a connection of its own: the watch would hold it up. */
  async ask<Q, S>(api: Api<Q, S>, request: Q, timeoutMs: number): Promise<S> {
    const { host, port } = this.#settings.nameServer;
    await using peer = await this.#connect(host, port);
    return await peer.call(api, request, timeoutMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#peer?.[Symbol.asyncDispose]();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { host, port } = this.#settings.nameServer;
    while (!this.#stopped) {
      try {
        await using peer = await connectPeer(this.#world, host, port, connectTimeoutMs);
        this.#peer = peer;
        while (!this.#stopped) await this.#watchOnce(peer);
      } catch (error) {
        this.#report(messageOf(error));
      }
      if (!this.#stopped) await this.#changed(reconnectDelayMs);
    }
  }

  async #watchOnce(peer: Peer): Promise<void> {
    const { id, host, heartbeatIntervalMs } = this.#settings;
    const request = {
      masterId: id,
      host,
      port: this.#port,
      incarnation: this.#incarnation,
      clusterId: this.#routes?.clusterId ?? null,
      appliedVersion: this.#registered ? (this.#routes?.version ?? 0) : 0,
      waitMs: heartbeatIntervalMs,
    };
    const answer = await peer.call(watch, request, heartbeatIntervalMs + connectTimeoutMs);
    if (answer.errorCode !== code.NONE) throw new Error(answer.errorMessage ?? `error ${answer.errorCode}`);
    if (answer.routes !== null) await this.#apply(routesFromText(answer.routes));
    if (!this.#registered && this.#trouble !== '')
      this.#world.log(`registered with the name server at ${peerName(this.#settings)}`);
    this.#trouble = '';
    this.#registered = true;
    this.#wake();
  }

  /** On disk first: what we once served we must still know after a restart without the name server. */
  async #apply(routes: ClusterRoutes): Promise<void> {
    await writeSmallFile(this.#world.disk, routesFile, routesToText(routes));
    this.#use(routes);
    await this.#dropDeleted();
  }

  /** After the routes no longer name them, or a request could bring a dropped topic back to life. */
  async #dropDeleted(): Promise<void> {
    for (const topicId of this.#routes?.deletedTopicIds ?? []) await this.#dropTopic(topicId);
  }

  #use(routes: ClusterRoutes): void {
    this.#routes = routes;
    this.#byName = new Map(routes.topics.map((topic) => [topic.name, topic]));
    this.#names = new Map(routes.topics.map((topic) => [topic.id, topic.name]));
  }

  #report(trouble: string): void {
    if (this.#stopped || trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#registered = false;
    this.#world.log(`name server ${peerName(this.#settings)}: ${trouble}; serving the routes I know`);
  }

  async #connect(host: string, port: number): Promise<Peer> {
    try {
      return await connectPeer(this.#world, host, port, connectTimeoutMs);
    } catch (error) {
      const message = `name server ${peerName(this.#settings)} is not reachable: ${messageOf(error)}`;
      throw new BrokerError('name-server-unreachable', message, 'try again once it is back', error);
    }
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

function peerName({ nameServer }: MasterSettings): string {
  return `${nameServer.host}:${nameServer.port}`;
}

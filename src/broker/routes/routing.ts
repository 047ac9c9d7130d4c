import { Bell } from '../bell.ts';
import { BrokerError, messageOf } from '../errors.ts';
import { connectPeer, type Peer } from '../rpc/peer.ts';
import { readSmallFile, writeSmallFile } from '../small-file.ts';
import type { Api } from '../wire/api.ts';
import { watch } from '../wire/apis/routes.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import {
  type ClusterRoutes,
  routesFile,
  routesFromText,
  routesToText,
  type SetRoute,
  type TopicRoute,
} from './routes.ts';

const reconnectDelayMs = 200;
const connectTimeoutMs = 2000;

export interface RoutingSettings {
  readonly id: number;
  /** The set that the node belongs to: its own id for a master, the master's for a slave. */
  readonly set: number;
  readonly host: string;
  readonly nameServer: { readonly host: string; readonly port: number };
  /** How often at least the node reports to the name server. */
  readonly heartbeatIntervalMs: number;
}

/** What routing tells the name server and does for it. */
export interface RoutingHost {
  /** The port that clients and nodes find us at. */
  readonly port: number;
  /** 32 hexadecimal digits: this life of the node. */
  readonly life: string;
  /** What we hold: the epoch of the last entry and the end of the log, and whether it takes any more. */
  held(): { readonly lastEpoch: number; readonly end: number; readonly writable: boolean };
  /** New routes are on the disk and in force; they count as put to use once this settles. */
  applied(): Promise<void>;
}

/**
 * A node's copy of the routes: on its disk, so that it can serve without the name server, and kept up to date by a watch
 * that is registration, heartbeat and acknowledgement in one.
 */
export class Routing implements AsyncDisposable {
  readonly #world: World;
  readonly #settings: RoutingSettings;
  readonly #host: RoutingHost;
  readonly #bell: Bell;
  readonly #listening = new Set<() => void>();
  #routes: ClusterRoutes | undefined;
  #byName = new Map<string, TopicRoute>();
  #names = new Map<string, string>();
  #registered = false;
  #trouble = 'name server not reached yet';
  #stopped = false;
  #watching: Promise<void> = Promise.resolve();
  #peer: Peer | undefined;

  private constructor(world: World, settings: RoutingSettings, host: RoutingHost, routes: ClusterRoutes | undefined) {
    this.#world = world;
    this.#settings = settings;
    this.#host = host;
    this.#bell = new Bell(world.clock);
    if (routes !== undefined) this.#use(routes);
  }

  static async open(world: World, settings: RoutingSettings, host: RoutingHost): Promise<Routing> {
    const text = await readSmallFile(world.disk, routesFile);
    const routing = new Routing(world, settings, host, text === undefined ? undefined : routesFromText(text));
    routing.#watching = routing.#watch();
    return routing;
  }

  /** Undefined until the name server was reached for the first time. */
  get routes(): ClusterRoutes | undefined {
    return this.#routes;
  }

  /** The set that this node belongs to. */
  get set(): SetRoute | undefined {
    return this.#routes?.sets.find(({ id }) => id === this.#settings.set);
  }

  /** Whether the name server knows us in this life; if not, why. */
  get registration(): { registered: true } | { registered: false; reason: string } {
    return this.#registered ? { registered: true } : { registered: false, reason: this.#trouble };
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  topic(name: string): TopicRoute | undefined {
    return this.#byName.get(name);
  }

  topicName(id: string): string | undefined {
    return this.#names.get(id);
  }

  /** Called after every change of the routes, and when we stop; returns what ends that. */
  onChange(callback: () => void): () => void {
    this.#listening.add(callback);
    return () => this.#listening.delete(callback);
  }

  /** Waits until `condition` holds, looking again after every change of the routes. */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    await this.#bell.until(() => condition() || this.#stopped, timeoutMs);
    return condition();
  }

  /** Waits until this node knows the routes of that version or later; false if it does not in time. */
  knows(version: number, timeoutMs: number): Promise<boolean> {
    return this.until(() => (this.#routes?.version ?? 0) >= version, timeoutMs);
  }

  /** Waits so long, or until the node stops. */
  async pause(durationMs: number): Promise<void> {
    await this.until(() => false, durationMs);
  }

  /** One request to the name server, on a connection of its own: the watch would hold it up. */
  async ask<Q, S>(api: Api<Q, S>, request: Q, timeoutMs: number): Promise<S> {
    const { host, port } = this.#settings.nameServer;
    await using peer = await this.#connect(host, port);
    return await peer.call(api, request, timeoutMs);
  }

  /** Makes everybody who waits look again. */
  nudge(): void {
    this.#tell();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#tell();
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
      if (!this.#stopped) await this.#bell.next(reconnectDelayMs);
    }
  }

  async #watchOnce(peer: Peer): Promise<void> {
    const { id, set, host, heartbeatIntervalMs } = this.#settings;
    const request = {
      nodeId: id,
      setId: set,
      host,
      port: this.#host.port,
      life: this.#host.life,
      clusterId: this.#routes?.clusterId ?? null,
      appliedVersion: this.#registered ? (this.#routes?.version ?? 0) : 0,
      ...this.#host.held(),
      waitMs: heartbeatIntervalMs,
    };
    const answer = await peer.call(watch, request, heartbeatIntervalMs + connectTimeoutMs);
    if (answer.errorCode !== code.NONE) throw new Error(answer.errorMessage ?? `error ${answer.errorCode}`);
    if (answer.routes !== null) await this.#apply(routesFromText(answer.routes));
    if (!this.#registered && this.#trouble !== '')
      this.#world.log(`registered with the name server at ${peerName(this.#settings)}`);
    this.#trouble = '';
    if (this.#registered) return;
    this.#registered = true;
    this.#tell();
  }

  /**
   * On disk first: what we once served we must still know after a restart without the name server. A node whose disk has
   * failed serves no more than what was there before, and has to learn all the same that another one leads.
   */
  async #apply(routes: ClusterRoutes): Promise<void> {
    await writeSmallFile(this.#world.disk, routesFile, routesToText(routes)).catch((error: unknown) => {
      if (this.#host.held().writable) throw error;
      this.#world.log(`cannot keep the routes: ${messageOf(error)}`);
    });
    this.#use(routes);
    this.#tell();
    await this.#host.applied();
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

  #tell(): void {
    this.#bell.ring();
    for (const callback of [...this.#listening]) callback();
  }
}

/** Whether a request failed before it could reach the name server: then it has changed nothing there. */
export function neverReached(error: unknown): boolean {
  return error instanceof BrokerError && error.code === 'name-server-unreachable';
}

function peerName({ nameServer }: RoutingSettings): string {
  return `${nameServer.host}:${nameServer.port}`;
}

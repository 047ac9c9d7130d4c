import { Bell } from '../bell.ts';
import { BrokerError, messageOf } from '../errors.ts';
import { connectPeer, type Peer } from '../rpc/peer.ts';
import { readSmallFile, writeSmallFile } from '../small-file.ts';
import type { Api, RequestOf } from '../wire/api.ts';
import { watch } from '../wire/apis/routes.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import {
  type ClusterRoutes,
  type Endpoint,
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
  /** Where clients are told to reach this node; absent: where other nodes do. */
  readonly clients?: Endpoint;
  readonly nameServer: { readonly host: string; readonly port: number };
  /** What members of the cluster know each other by; empty: everybody is one. */
  readonly secret: string;
  /** How often at least the node reports to the name server. */
  readonly heartbeatIntervalMs: number;
}

/** What the node tells the name server through its routing, and does when routes change. */
export interface RoutingHost {
  /** The port at which clients and other nodes reach this node. */
  readonly port: number;
  /** The present life of the node, as 32 hexadecimal digits. */
  readonly life: string;
  /** What the node tells of its log with every Watch. */
  held(): Pick<RequestOf<typeof watch>, 'lastEpoch' | 'end' | 'writable' | 'droppedVersion'>;
  /** Called when new routes are on the disk and in force. The name server is told that they are when this settles. */
  applied(): Promise<void>;
}

/**
 * A node's copy of the routes. It is on the node's disk, so that the node can serve without the name server. A repeated
 * Watch request keeps it up to date; the same request registers the node, is its heartbeat, and acknowledges new routes.
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
  readonly #stopping = new AbortController();
  #watching: Promise<void> = Promise.resolve();

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

  /** Undefined until this node has reached the name server for the first time. */
  get routes(): ClusterRoutes | undefined {
    return this.#routes;
  }

  /** The set that this node belongs to. */
  get set(): SetRoute | undefined {
    return this.#routes?.sets.find(({ id }) => id === this.#settings.set);
  }

  /** Whether the name server knows this node in its present life; if not, why. */
  get registration(): { registered: true } | { registered: false; reason: string } {
    return this.#registered ? { registered: true } : { registered: false, reason: this.#trouble };
  }

  get stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  topic(name: string): TopicRoute | undefined {
    return this.#byName.get(name);
  }

  topicName(id: string): string | undefined {
    return this.#names.get(id);
  }

  /** Calls back after every change of the routes, and when the node stops. Returns a function that unregisters. */
  onChange(callback: () => void): () => void {
    this.#listening.add(callback);
    return () => this.#listening.delete(callback);
  }

  /** Waits until `condition` holds. Looks at it after every change of the routes and every `nudge`, and ends at a stop. */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    await this.#bell.until(() => condition() || this.stopped, timeoutMs);
    return condition();
  }

  /** Waits until this node has routes of that version or later. False if it has not in time. */
  knows(version: number, timeoutMs: number): Promise<boolean> {
    return this.until(() => (this.#routes?.version ?? 0) >= version, timeoutMs);
  }

  /** Waits for a time, or until the node stops. */
  async pause(durationMs: number): Promise<void> {
    await this.until(() => false, durationMs);
  }

  /**
   * Sends one request to the name server, on a connection of its own: behind a Watch it would have to wait.
   * @param signal ends the request; by default the stop of the node does
   */
  async ask<Q, S>(
    api: Api<Q, S>,
    request: Q,
    timeoutMs: number,
    signal: AbortSignal = this.#stopping.signal,
  ): Promise<S> {
    await using peer = await this.#connect(signal);
    return await peer.call(api, request, timeoutMs);
  }

  /** Makes everyone who waits look at its condition again. */
  nudge(): void {
    this.#tell();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#tell();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { host, port } = this.#settings.nameServer;
    while (!this.stopped) {
      try {
        await using peer = await connectPeer(this.#world, host, port, connectTimeoutMs, {
          signal: this.#stopping.signal,
          secret: this.#settings.secret,
        });
        while (!this.stopped) await this.#watchOnce(peer);
      } catch (error) {
        this.#report(messageOf(error));
      }
      if (!this.stopped) await this.#bell.next(reconnectDelayMs);
    }
  }

  async #watchOnce(peer: Peer): Promise<void> {
    const { id, set, host, clients, heartbeatIntervalMs } = this.#settings;
    const request = {
      nodeId: id,
      setId: set,
      host,
      port: this.#host.port,
      clientHost: clients?.host ?? '',
      clientPort: clients?.port ?? 0,
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
   * Writes new routes to the disk before they are in force, because the node must still know them after a restart without
   * the name server. A node whose disk has failed uses them all the same: it has to learn that another node is leader.
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
    if (this.stopped || trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#registered = false;
    this.#world.log(`name server ${peerName(this.#settings)}: ${trouble}; serving the routes I know`);
  }

  async #connect(signal: AbortSignal): Promise<Peer> {
    const { host, port } = this.#settings.nameServer;
    try {
      return await connectPeer(this.#world, host, port, connectTimeoutMs, { signal, secret: this.#settings.secret });
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

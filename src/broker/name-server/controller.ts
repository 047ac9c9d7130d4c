import { Bell } from '../bell.ts';
import { type Life, routesToText, type SetRoute } from '../routes/routes.ts';
import { appointed, isInSync, led } from '../routes/sets.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import type { changeInSync, lead, promote, watch } from '../wire/apis/routes.ts';
import { createTopic, type deleteTopic } from '../wire/apis/routes.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import { LeaderMonitor } from './leader-monitor.ts';
import type { NameServerSettings } from './name-server.ts';
import { Nodes } from './nodes.ts';
import type { Refusal, Registry } from './registry.ts';

/** Answers the requests of the nodes. It decides which node is leader of a set and which nodes are in-sync. */
export class Controller implements AsyncDisposable {
  readonly #world: World;
  readonly #settings: NameServerSettings;
  readonly #registry: Registry;
  readonly #nodes: Nodes;
  readonly #bell: Bell;
  /** By set, the newest request for other in-sync nodes. In memory only: older requests end with this process. */
  readonly #newest = new Map<number, { readonly epoch: number; readonly sequence: number }>();
  readonly #monitor: LeaderMonitor;
  #stopped = false;

  constructor(world: World, settings: NameServerSettings, registry: Registry) {
    this.#world = world;
    this.#settings = settings;
    this.#registry = registry;
    this.#nodes = new Nodes(world.clock, settings.masterTimeoutMs);
    this.#bell = new Bell(world.clock);
    this.#monitor = new LeaderMonitor(world, settings, registry, this.#nodes, () => this.#bell.ring());
  }

  async watch(request: RequestOf<typeof watch>): Promise<ResponseOf<typeof watch>> {
    const refusal = this.#refuse(request);
    if (refusal !== undefined) return { errorCode: code.INVALID_REQUEST, errorMessage: refusal, routes: null };
    const { nodeId, setId, host, port, life, appliedVersion, lastEpoch, end, writable, waitMs } = request;
    this.#nodes.heard({ id: nodeId, life, address: `${host}:${port}`, appliedVersion, lastEpoch, end, writable });
    this.#bell.ring();
    await this.#registry.register(setId, { id: nodeId, host, port });
    this.#bell.ring();
    const isNewer = () => this.#registry.routes.version > appliedVersion;
    await this.#until(isNewer, Math.min(waitMs, this.#settings.masterTimeoutMs / 2));
    const { routes } = this.#registry;
    const newer = routes.version === appliedVersion ? null : routesToText(routes);
    return { errorCode: code.NONE, errorMessage: null, routes: newer };
  }

  async createTopic(request: RequestOf<typeof createTopic>): Promise<ResponseOf<typeof createTopic>> {
    await this.#until(() => this.#isSettled(), request.timeoutMs);
    const sets = this.#servedSets().map(({ id }) => id);
    if (sets.length === 0 || this.#stopped) {
      const errorMessage = this.#stopped ? 'the name server is stopping' : 'no leader is alive';
      return { ...createTopic.response.zero, errorCode: code.NOT_CONTROLLER, errorMessage };
    }
    const { name, partitionCount, validateOnly, timeoutMs } = request;
    const outcome = await this.#registry.createTopic(name, partitionCount, sets, validateOnly);
    if ('errorCode' in outcome) return { ...createTopic.response.zero, ...outcome };
    const { version } = this.#registry.routes;
    const applied = await this.#applied(version, timeoutMs);
    return {
      errorCode: applied ? code.NONE : code.REQUEST_TIMED_OUT,
      errorMessage: applied ? null : 'created, but not every node has put it to use in time',
      topicId: outcome.id,
      version,
      sets: outcome.sets,
    };
  }

  async deleteTopic(request: RequestOf<typeof deleteTopic>): Promise<ResponseOf<typeof deleteTopic>> {
    const refusal = await this.#registry.deleteTopic(request.name);
    const { version } = this.#registry.routes;
    if (refusal !== undefined) return { ...refusal, version };
    const applied = await this.#applied(version, request.timeoutMs);
    const errorMessage = applied ? null : 'deleted, but not every node has put it to use in time';
    return { errorCode: applied ? code.NONE : code.REQUEST_TIMED_OUT, errorMessage, version };
  }

  async lead({ setId, leader }: RequestOf<typeof lead>): Promise<ResponseOf<typeof lead>> {
    return this.#answer(
      await this.#changeSet(setId, (set) => {
        if (set.leader !== leader.id) return fenced(`set ${setId} is led by node ${set.leader}`);
        if (this.#nodes.get(leader.id)?.life !== leader.life) return ineligible(leader);
        return led(set, leader, (node) => this.#nodes.livesOn(node));
      }),
    );
  }

  async changeInSync(request: RequestOf<typeof changeInSync>): Promise<ResponseOf<typeof changeInSync>> {
    const { setId, epoch, sequence, inSync } = request;
    return this.#answer(
      await this.#changeSet(setId, (set) => {
        if (set.epoch !== epoch) return fenced(`set ${setId} is at epoch ${set.epoch}`);
        const newest = this.#newest.get(setId);
        if (newest?.epoch === epoch && newest.sequence >= sequence) return invalid('a later request came before');
        this.#newest.set(setId, { epoch, sequence });
        const stranger = inSync.find((one) => !isInSync(set, one) && !this.#mayJoin(set, one));
        if (stranger !== undefined) return ineligible(stranger);
        const leads = inSync.some(({ id, life }) => id === set.leader && life === set.life);
        return leads ? { ...set, inSync } : fenced('in-sync without its leader');
      }),
    );
  }

  async promote({ nodeId }: RequestOf<typeof promote>): Promise<ResponseOf<typeof promote>> {
    const setId = this.#registry.setOf(nodeId)?.id;
    const refused = (errorMessage: string) => ({ errorCode: code.INVALID_REQUEST, errorMessage, epoch: -1 });
    if (setId === undefined) return refused(`no node ${nodeId}`);
    const outcome = await this.#changeSet(setId, (set) => {
      const node = this.#nodes.get(nodeId);
      if (node === undefined || !this.#nodes.isAlive(nodeId)) return refused(`node ${nodeId} is not alive`);
      return set.leader === nodeId ? refused(`node ${nodeId} leads already`) : appointed(set, node);
    });
    if ('errorCode' in outcome) return { ...outcome, epoch: -1 };
    this.#world.log(`set ${setId}: node ${nodeId} promoted by the operator, epoch ${outcome.epoch}`);
    return { errorCode: code.NONE, errorMessage: null, epoch: outcome.epoch };
  }

  /** Ends every wait at once. When it settles, no leader is appointed any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#bell.ring();
    await this.#monitor[Symbol.asyncDispose]();
  }

  async #changeSet(id: number, edit: (set: SetRoute) => SetRoute | Refusal): Promise<SetRoute | Refusal> {
    const outcome = await this.#registry.changeSet(id, edit);
    this.#bell.ring();
    return outcome;
  }

  #answer(outcome: SetRoute | Refusal): ResponseOf<typeof lead> {
    const { version } = this.#registry.routes;
    if ('errorCode' in outcome) return { ...outcome, version };
    return { errorCode: code.NONE, errorMessage: null, version };
  }

  #mayJoin(set: SetRoute, node: Life): boolean {
    return set.replicas.some(({ id }) => id === node.id) && this.#nodes.livesOn(node);
  }

  #refuse({ nodeId, setId, host, port, life, clusterId }: RequestOf<typeof watch>): string | undefined {
    const own = this.#registry.routes.clusterId;
    if (clusterId !== null && clusterId !== own) return `node ${nodeId} belongs to cluster ${clusterId}, not ${own}`;
    const set = this.#registry.setOf(nodeId);
    if (set !== undefined && set.id !== setId) return `node ${nodeId} belongs to set ${set.id}, not ${setId}`;
    const known = this.#nodes.get(nodeId);
    if (known === undefined || known.life === life || known.address === `${host}:${port}`) return undefined;
    return this.#nodes.isAlive(nodeId) ? `node id ${nodeId} is in use at ${known.address}` : undefined;
  }

  /**
   * After a start, the known leaders have one timeout to report. Without that, all partitions of a new topic would go to
   * the leader that reports first.
   */
  #isSettled(): boolean {
    const served = this.#servedSets().length;
    return served > 0 && (served === this.#registry.routes.sets.length || this.#nodes.hasWaited);
  }

  #servedSets(): SetRoute[] {
    return this.#registry.routes.sets.filter(({ leader, epoch }) => epoch > 0 && this.#nodes.isAlive(leader));
  }

  /** Waits until every live node uses this version of the routes; a node that dies meanwhile does not count. */
  #applied(version: number, timeoutMs: number): Promise<boolean> {
    this.#bell.ring();
    const lacking = () => this.#nodes.alive().some(({ appliedVersion }) => appliedVersion < version);
    return this.#until(() => !lacking(), timeoutMs);
  }

  /** Looks at the condition now and then even without a ring, because nothing rings when a node counts as dead. */
  async #until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    await this.#bell.until(() => condition() || this.#stopped, timeoutMs, this.#settings.masterTimeoutMs / 4);
    return condition();
  }
}

function fenced(errorMessage: string): Refusal {
  return { errorCode: code.FENCED_LEADER_EPOCH, errorMessage };
}

function invalid(errorMessage: string): Refusal {
  return { errorCode: code.INVALID_REQUEST, errorMessage };
}

function ineligible({ id }: Life): Refusal {
  return { errorCode: code.INELIGIBLE_REPLICA, errorMessage: `node ${id} is not known in that life` };
}

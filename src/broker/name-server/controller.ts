import { Bell } from '../bell.ts';
import { type Configs, type Life, routesToText, type SetRoute } from '../routes/routes.ts';
import { appointed, isInSync, led } from '../routes/sets.ts';
import type { Refusal } from '../routes/topics.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import type {
  addPartitions,
  addTopics,
  changeInSync,
  configureTopics,
  lead,
  promote,
  removeTopics,
  watch,
} from '../wire/apis/routes.ts';
import { code } from '../wire/codes.ts';
import { uuid } from '../wire/types.ts';
import type { World } from '../world/world.ts';
import { LeaderMonitor } from './leader-monitor.ts';
import type { NameServerSettings } from './name-server.ts';
import { Nodes } from './nodes.ts';
import { refuseWatch } from './registration.ts';
import type { Registry } from './registry.ts';

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
    const refusal = refuseWatch(request, this.#registry, this.#nodes);
    if (refusal !== undefined) return { errorCode: code.INVALID_REQUEST, errorMessage: refusal, routes: null };
    const { nodeId, setId, host, port, life, appliedVersion, lastEpoch, end, writable, waitMs } = request;
    this.#registry.dropped(nodeId, request.droppedVersion);
    this.#nodes.heard({ id: nodeId, life, address: `${host}:${port}`, appliedVersion, lastEpoch, end, writable });
    this.#bell.ring();
    const { clientHost, clientPort } = request;
    const clients = clientHost === '' ? {} : { clients: { host: clientHost, port: clientPort } };
    await this.#registry.register(setId, { id: nodeId, host, port, ...clients });
    this.#bell.ring();
    const isNewer = () => this.#registry.routes.version > appliedVersion;
    await this.#until(isNewer, Math.min(waitMs, this.#settings.masterTimeoutMs / 2));
    const { routes } = this.#registry;
    const newer = routes.version === appliedVersion ? null : routesToText(routes);
    return { errorCode: code.NONE, errorMessage: null, routes: newer };
  }

  async addTopics(request: RequestOf<typeof addTopics>): Promise<ResponseOf<typeof addTopics>> {
    const asked = request.topics.map((topic) => ({ ...topic, configs: toConfigs(topic.configs) }));
    return await this.#onServedSets(request.timeoutMs, 'created', (sets) =>
      this.#registry.addTopics(asked, sets, request.validateOnly),
    );
  }

  async addPartitions(request: RequestOf<typeof addPartitions>): Promise<ResponseOf<typeof addPartitions>> {
    return await this.#onServedSets(request.timeoutMs, 'made', (sets) =>
      this.#registry.addPartitions(request.topics, sets, request.validateOnly),
    );
  }

  async configureTopics(request: RequestOf<typeof configureTopics>): Promise<ResponseOf<typeof configureTopics>> {
    const asked = request.topics.map(({ name, configs }) => ({ name, configs: toConfigs(configs) }));
    return await this.#inForce(await this.#registry.configureTopics(asked), 'changed', request.timeoutMs);
  }

  async removeTopics(request: RequestOf<typeof removeTopics>): Promise<ResponseOf<typeof removeTopics>> {
    return await this.#inForce(await this.#registry.removeTopics(request.names), 'deleted', request.timeoutMs);
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
        if (new Set(inSync.map(({ id }) => id)).size < inSync.length) return invalid('a node is named twice');
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

  /** Makes partitions on the sets whose leaders are alive. */
  async #onServedSets(
    timeoutMs: number,
    what: string,
    change: (sets: readonly number[]) => Promise<Outcomes>,
  ): Promise<ResponseOf<typeof addTopics>> {
    await this.#until(() => this.#isSettled(), timeoutMs);
    const sets = this.#servedSets().map(({ id }) => id);
    if (sets.length > 0 && !this.#stopped) return await this.#inForce(await change(sets), what, timeoutMs);
    const errorMessage = this.#stopped ? 'the name server is stopping' : 'no leader is alive';
    return { errorCode: code.NOT_CONTROLLER, errorMessage, version: 0, topics: [] };
  }

  /** What each of the changed topics is answered, when every node uses the new routes or the time is over. */
  async #inForce(outcomes: Outcomes, what: string, timeoutMs: number): Promise<ResponseOf<typeof addTopics>> {
    const { version } = this.#registry.routes;
    const applied =
      outcomes.every((outcome) => typeof outcome === 'object') || (await this.#applied(version, timeoutMs));
    const late = { errorCode: code.REQUEST_TIMED_OUT, errorMessage: `${what}, but not every node uses it yet` };
    const done = applied ? { errorCode: code.NONE, errorMessage: null } : late;
    const topics = outcomes.map((outcome) =>
      typeof outcome === 'object' ? { ...outcome, topicId: uuid.zero } : { ...done, topicId: outcome ?? uuid.zero },
    );
    return { errorCode: code.NONE, errorMessage: null, version, topics };
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

/** Of several topics, in order: why one was refused, or its id if it has a new one. */
type Outcomes = readonly (string | undefined | Refusal)[];

function toConfigs(named: readonly { readonly name: string; readonly value: string }[]): Configs {
  return Object.fromEntries(named.map(({ name, value }) => [name, value]));
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

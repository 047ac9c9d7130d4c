/** The broker that comes with mqchaos, on its own: for pointing one's application at, and for breaking it by hand. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster, type NodeWitness } from '../../cluster/cluster.ts';
import { Ledger } from '../../cluster/undo/ledger.ts';
import { type Reaper, startReaper } from '../../cluster/undo/reaper.ts';
import { killMarked } from '../../cluster/undo/undo.ts';
import { ToolError } from '../../errors.ts';
import type { NodeState } from '../../journal/event.ts';
import type { NodeAddress } from '../../products/cluster.ts';
import type { Admin, Driver } from '../../products/driver.ts';
import { included } from '../../products/registry.ts';
import { needsLinks, readsRequests } from '../../profile/links.ts';
import { noAbort } from '../../wait.ts';
import { endText } from '../node-end.ts';
import { layOut, openLinks, reachedBy, reachedByClients } from '../set-up/brokers.ts';
import { Chronicle } from './chronicle.ts';
import { type ClientsReady, type ClientsWanted, readyFor } from './clients/clients.ts';
import { type FaultState, type Injected, StandingFaults } from './faults.ts';
import { clusterKind, copyNodes, openFolder, portsOf, type StandingFolder } from './folder.ts';
import { type Load, loadTopics } from './load/load.ts';
import type { FaultOrder } from './order.ts';
import { readOrder } from './order.ts';
import { type Overview, overviewOf } from './overview.ts';
import type { StandingSettings } from './settings.ts';

export interface StandingRequest {
  readonly settings: StandingSettings;
  /** Kept and used again; absent: a temporary one, removed at the end. */
  readonly folder?: string;
  /** Of a cluster that has ended: the temporary folder begins as a copy of what its nodes hold. */
  readonly copyOf?: StandingFolder;
  /** Of the first broker; the others follow. */
  readonly port?: number;
  readonly topics: readonly { readonly topic: string; readonly partitions: number }[];
  /** Topics that are filled before it counts as started. */
  readonly loads?: readonly Load[];
  /** Every node is behind a link, which faults can bend. */
  readonly linked?: boolean;
  /** Where clients reach it, and what they must bring; absent: 127.0.0.1, and nothing. */
  readonly clients?: ClientsWanted;
  /** Decides whom a word like `one` means, and where a write is torn. */
  readonly seed: number;
}

export interface NodeStatus {
  readonly id: string;
  readonly role: NodeAddress['role'];
  readonly state: NodeState;
  readonly pid?: number;
  /** As clients are told. */
  readonly address?: string;
  /** Where it is reached on this machine, past links. */
  readonly reached?: string;
  readonly folder: string;
}

export interface StandingStatus {
  readonly bootstrap: string;
  readonly folder: string;
  readonly nodes: readonly NodeStatus[];
  readonly faults: readonly FaultState[];
}

export class StandingCluster implements AsyncDisposable {
  readonly folder: StandingFolder;
  readonly settings: StandingSettings;
  readonly clients: ClientsReady;
  readonly faults: StandingFaults;
  readonly #cluster: Cluster;
  readonly #states: ReadonlyMap<string, NodeSeen>;
  readonly #seed: number;
  readonly #end: () => Promise<void>;
  #orders: number;

  private constructor(parts: Parts, { settings, seed }: StandingRequest, tell: (text: string) => void) {
    this.folder = parts.folder;
    this.settings = settings;
    this.clients = parts.clients;
    this.#cluster = parts.cluster;
    this.#states = parts.states;
    this.#end = parts.end;
    this.#seed = seed;
    this.#orders = parts.chronicle.faultsBefore;
    this.faults = new StandingFaults(parts.cluster.nodes, {
      ...{ seed, tell, command: clusterKind.command },
      write: (step, detail) => parts.chronicle.fault(step, Number(detail.id.slice(1)), detail),
    });
  }

  /**
   * @param tell what happens to the nodes, a line each.
   * @throws ToolError (exit 4) when it could not be started; nothing is left running then.
   */
  static async start(request: StandingRequest, tell: (text: string) => void): Promise<StandingCluster> {
    const folder = await openFolder(request.folder);
    const ledger = new Ledger(folder.ledger);
    const reaper = startReaper(folder.ledger, tell);
    // undone newest first: the folder goes when nobody is in it any more
    if (folder.temporary) ledger.add({ kind: 'folder', path: folder.path });
    const processes = ledger.add({ kind: 'processes', run: folder.path });
    let chronicle: Chronicle | undefined;
    const end = async (): Promise<void> => {
      chronicle?.[Symbol.dispose]();
      await cleanUp(folder, ledger, reaper, processes);
    };
    try {
      if (request.copyOf !== undefined) await copyNodes(request.copyOf, folder);
      const written = await Chronicle.open(folder);
      chronicle = written;
      const states = new Map<string, NodeSeen>();
      const witness: NodeWitness = (number, id, state, detail) => {
        written.node(number, id, state, detail);
        states.set(id, { state, ...(typeof detail.pid === 'number' ? { pid: detail.pid } : {}) });
        if (state === 'failed') tell(`✗ ${id} ended by itself: ${endText(detail)}`);
      };
      const ports = await portsOf(folder, request.settings, request.port);
      const clients = await readyFor(request.clients ?? { logins: [] }, folder, ports.slice(1));
      const cluster = await startNodes(request, folder, { ports, clients }, witness, tell);
      cluster.onNotice((id, text) => tell(`! ${id}: ${text}`));
      return new StandingCluster({ folder, cluster, clients, states, chronicle, end }, request, tell);
    } catch (error) {
      await end();
      throw error;
    }
  }

  get status(): StandingStatus {
    const { bootstrap, nodes } = reachedByClients(this.#cluster);
    const reached = new Map(this.#cluster.nodes.map(({ id, address }) => [id, address]));
    return {
      bootstrap: bootstrap.join(','),
      folder: this.folder.path,
      nodes: nodes.map(({ id, role, address }): NodeStatus => {
        const { state, pid } = this.#states.get(id) ?? { state: 'starting' };
        const living = state === 'ready' || state === 'paused' || state === 'resumed';
        return {
          id,
          role,
          state: state === 'resumed' ? 'ready' : state,
          ...(living && pid !== undefined ? { pid } : {}),
          ...(address === undefined ? {} : { address, reached: reached.get(id) ?? address }),
          folder: join(this.folder.nodes, id),
        };
      }),
      faults: this.faults.list(),
    };
  }

  /** What the nodes hold that answer at this moment. */
  async overview(): Promise<Overview> {
    const answering = this.status.nodes.filter(({ state }) => state === 'ready').map(({ id }) => id);
    return overviewOf(await this.#cluster.ask({ status: null }, answering));
  }

  /** @throws ToolError as `readOrder` and `StandingFaults.inject` do. */
  async inject(order: FaultOrder): Promise<Injected> {
    if (needsLinks(order) && this.#cluster.links === undefined) {
      throw new ToolError(`${order.do} needs links before the nodes, and this cluster has none`, {
        code: 'no-links',
        hint: 'mqchaos broker start --links',
      });
    }
    if (this.clients.entry.certificate !== undefined && readsRequests(order)) {
      throw new ToolError(`${order.do} reads requests, and those of this cluster are encrypted`, {
        code: 'encrypted',
        hint: 'start it without --tls',
      });
    }
    const plan = readOrder(order, this.settings, `f${this.#orders + 1}`, this.#seed);
    this.#orders += 1;
    return this.faults.inject(plan);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.faults.end();
    await this.#cluster[Symbol.asyncDispose]();
    await this.#end();
  }
}

interface NodeSeen {
  readonly state: NodeState;
  readonly pid?: number;
}

interface Parts {
  readonly folder: StandingFolder;
  readonly cluster: Cluster;
  readonly clients: ClientsReady;
  readonly states: ReadonlyMap<string, NodeSeen>;
  readonly chronicle: Chronicle;
  /** Ends whatever is left, and removes what is not to stay. */
  readonly end: () => Promise<void>;
}

async function startNodes(
  { settings, topics, loads = [], linked = false }: StandingRequest,
  folder: StandingFolder,
  { ports, clients }: { readonly ports: readonly number[]; readonly clients: ClientsReady },
  witness: NodeWitness,
  tell: (text: string) => void,
): Promise<Cluster> {
  const compiled = included.format.compile(settings);
  const specs = await layOut(included, compiled, folder.nodes, { given: ports, linked, clients: clients.entry });
  const links = await openLinks({
    ...{ specs, producers: [], consumers: [], folder, broke: (text: string) => tell(`✗ ${text}`) },
    // what is encrypted cannot be read
    protocol: clients.entry.certificate === undefined ? included.wire?.protocol : undefined,
  });
  const cluster = await Cluster.start(specs, folder.path, witness, noAbort, undefined, links);
  try {
    const driver = await included.driver();
    const clientId = operatorId(driver, cluster.nodes);
    const access = { ...reachedBy(cluster), cluster: compiled, clientId };
    await using admin = await driver.admin(access);
    for (const spec of topics) await makeTopic(admin, spec);
    const mostBytes = included.can.largestValue?.bytes ?? Number.POSITIVE_INFINITY;
    if (loads.length > 0) await loadTopics({ loads, folder, driver, access, mostBytes, tell });
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

/** As whoever runs the cluster, of whom it asks nothing else. */
export function operatorId(driver: Driver, nodes: readonly { readonly folder?: string }[]): string {
  const folder = nodes.find((node) => node.folder !== undefined)?.folder;
  return (folder === undefined ? undefined : driver.operatorId?.({ folder })) ?? 'mqchaos-broker';
}

/** One that is there already is as good: the folder may have been used before. */
async function makeTopic(admin: Admin, { topic, partitions }: StandingRequest['topics'][number]): Promise<void> {
  try {
    await admin.declare({ name: topic, groups: [], partitions }, AbortSignal.timeout(30_000));
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'channel-exists') throw error;
  }
}

export async function cleanUp(
  folder: StandingFolder,
  ledger: Ledger,
  reaper: Reaper,
  processes: number,
): Promise<void> {
  await killMarked(folder.path);
  ledger.done(processes);
  ledger[Symbol.dispose]();
  rmSync(folder.socket, { force: true });
  if (folder.temporary) rmSync(folder.path, { recursive: true, force: true });
  else rmSync(folder.ledger, { force: true });
  await reaper.goodbye();
}

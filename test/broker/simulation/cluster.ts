import type { Failover } from '../../../src/broker/name-server/election.ts';
import { startNameServer } from '../../../src/broker/name-server/name-server.ts';
import { type BrokerNode, startNode } from '../../../src/broker/node/node.ts';
import type { BrokerSettings } from '../../../src/broker/node/settings.ts';
import { connectPeer } from '../../../src/broker/rpc/peer.ts';
import { promote } from '../../../src/broker/wire/apis/routes.ts';
import { type Death, Machine } from './machine.ts';
import type { Trace } from './trace.ts';
import type { Leftovers } from './world/disk.ts';
import { Wire } from './world/network.ts';
import { Time } from './world/time.ts';

export const nameServer = 'ns';
const nameServerPort = 1;
const nodePort = 9092;

const secret = 'of this cluster';

const usual = {
  autoCreate: 0,
  secret,
  nameServer: { host: nameServer, port: nameServerPort },
  nameServerWaitMs: 3000,
  heartbeatIntervalMs: 200,
  maxBatchBytes: 100_000,
  maxRequestBytes: 1_000_000,
  connectionBytes: 100_000_000,
  // Small, so that a run has many segments, evicted blocks and checkpoints.
  segmentBytes: 3000,
  checkpointBytes: 4000,
  cacheBytes: 262_144,
  flushIntervalMs: 300,
  thoroughFlushIntervalMs: 1500,
  replicaTimeoutMs: 1500,
  replicaLagMs: 700,
  groupInitialDelayMs: 50,
} as const satisfies Partial<BrokerSettings>;

export interface ClusterShape {
  readonly masters: number;
  readonly slaves: number;
  readonly flush: 'async' | 'sync';
  readonly replication: 'async' | 'sync';
  readonly failover: Failover;
  readonly inSyncReplicas: number;
}

/** A name server, masters and their slaves, each on a machine of its own: `n1` leads set 1, `n17` and `n33` are its slaves. */
export class SimulatedCluster {
  readonly time = new Time();
  readonly wire: Wire;
  readonly shape: ClusterShape;
  /** Ids of the nodes, masters first. */
  readonly ids: readonly number[];
  readonly #seed: number;
  readonly #trace: Trace;
  readonly #machines = new Map<string, Machine>();
  readonly #nodes = new Map<number, BrokerNode>();

  constructor(seed: number, shape: ClusterShape, trace: Trace, wireRandom: ConstructorParameters<typeof Wire>[1]) {
    this.#seed = seed;
    this.shape = shape;
    this.#trace = trace;
    trace.clock = () => this.time.nowMs();
    this.wire = new Wire(this.time, wireRandom, (from, to, bytes) => trace.digest(`${from}>${to} ${bytes}`));
    const masters = Array.from({ length: shape.masters }, (_, index) => index + 1);
    this.ids = Array.from({ length: shape.slaves + 1 }, (_, rank) => masters.map((id) => id + 16 * rank)).flat();
  }

  machine(name: string): Machine {
    let machine = this.#machines.get(name);
    if (machine === undefined) {
      machine = new Machine(name, this.#seed, this.time, this.wire, (line) => this.#trace.say(line));
      this.#machines.set(name, machine);
    }
    return machine;
  }

  /** Where clients reach a node. */
  addressOf(id: number): { readonly host: string; readonly port: number } {
    return { host: nodeName(id), port: nodePort };
  }

  node(id: number): BrokerNode | undefined {
    return this.machine(nodeName(id)).isUp ? this.#nodes.get(id) : undefined;
  }

  /** Starts what is down. A start that fails leaves it down, as a process that exits does. */
  start(name: string): void {
    const machine = this.machine(name);
    if (machine.isUp) return;
    const world = machine.boot();
    const { life } = machine;
    this.#trace.say(`${name} starts`);
    const id = idOf(name);
    const started = id === undefined ? this.#startNameServer(world) : this.#startNode(world, id);
    started.catch((error: unknown) => {
      if (life === undefined || life.isOver) return;
      this.#trace.say(`${name} does not start: ${error instanceof Error ? error.message : error}`);
      this.#trace.starts.push({ name, error });
      machine.die('kill');
    });
  }

  kill(name: string, death: Death, left: Leftovers = 'none'): void {
    const machine = this.machine(name);
    if (!machine.isUp) return;
    this.#trace.say(`${name}: ${death}${death === 'power' ? `, ${left} of what was not synced stays` : ''}`);
    machine.die(death, left);
  }

  /** An operator's order, given from a machine of its own. */
  async promote(id: number): Promise<number> {
    const operator = this.machine('operator');
    const world = operator.boot();
    await using peer = await connectPeer(world, nameServer, nameServerPort, 1000, { secret });
    return (await peer.call(promote, { nodeId: id }, 2000)).errorCode;
  }

  #startNameServer(world: Parameters<typeof startNameServer>[0]) {
    const { failover } = this.shape;
    return startNameServer(world, { host: nameServer, port: nameServerPort, masterTimeoutMs: 1500, failover, secret });
  }

  async #startNode(world: Parameters<typeof startNode>[0], id: number): Promise<void> {
    const { flush, replication, inSyncReplicas } = this.shape;
    const place = { id, set: id % 16, host: nodeName(id), port: nodePort };
    this.#nodes.delete(id);
    this.#nodes.set(id, await startNode(world, { ...usual, ...place, flush, replication, inSyncReplicas }));
  }
}

export function nodeName(id: number): string {
  return `n${id}`;
}

function idOf(name: string): number | undefined {
  return name === nameServer ? undefined : Number(name.slice(1));
}

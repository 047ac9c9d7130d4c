import type { Failover } from '../../../src/broker/name-server/election.ts';
import { type NameServer, startNameServer } from '../../../src/broker/name-server/name-server.ts';
import { type BrokerNode, startNode } from '../../../src/broker/node/node.ts';
import type { BrokerSettings } from '../../../src/broker/node/settings.ts';
import { type ClusterRoutes, routesFile, routesFromText } from '../../../src/broker/routes/routes.ts';
import { connectPeer } from '../../../src/broker/rpc/peer.ts';
import { noTopicId } from '../../../src/broker/store/log/entry.ts';
import type { Api } from '../../../src/broker/wire/api.ts';
import { offsetCommit, offsetFetch } from '../../../src/broker/wire/apis/offsets.ts';
import { listOffsets, produce } from '../../../src/broker/wire/apis/records.ts';
import { promote, tail } from '../../../src/broker/wire/apis/routes.ts';
import { createTopics, metadata } from '../../../src/broker/wire/apis/topics.ts';
import { readBatchHeader } from '../../../src/broker/wire/record-batch.ts';
import { FaultyDisk } from '../../../src/broker/world/faulty-disk.ts';
import { type BatchOptions, batch, payloadOf } from './batches.ts';
import { BreakableNetwork } from './breakable-network.ts';
import { fetchByName } from './fetch.ts';
import { ManualClock, MemoryDisk, memoryNetwork, memoryWorld } from './memory-world.ts';

const nameServerPort = 1;
const limitMs = 60_000;
const answerLimitMs = 30_000;

const defaults = {
  host: 'memory',
  nameServer: { host: 'memory', port: nameServerPort },
  secret: 'of this cluster',
  nameServerWaitMs: 3000,
  heartbeatIntervalMs: 200,
  maxBatchBytes: 100_000,
  autoCreate: 0,
  maxRequestBytes: 1_000_000,
  connectionBytes: 100_000_000,
  segmentBytes: 1_000_000,
  checkpointBytes: 1_000_000,
  cacheBytes: 1_000_000,
  flush: 'async',
  flushIntervalMs: 1_000_000,
  thoroughFlushIntervalMs: 1_000_000,
  replication: 'sync',
  inSyncReplicas: 1,
  replicaTimeoutMs: 1500,
  replicaLagMs: 1000,
  groupInitialDelayMs: 10,
} as const satisfies Partial<BrokerSettings>;

interface Place {
  node: BrokerNode | undefined;
  network: BreakableNetwork;
  disk: MemoryDisk;
  /** What the node has of its disk; a restart makes it well. */
  faults: FaultyDisk;
}

/** How a life ends: `kill` leaves what was written, `power` what was synced, `wipe` nothing. */
export type Death = 'kill' | 'power' | 'wipe';

type SendOptions = BatchOptions & { readonly acks?: number; readonly topic?: string };

/** A whole cluster in this process, on time that passes only while something is awaited: every run is the same. */
export class MemoryCluster {
  readonly #clock = new ManualClock();
  readonly #wire = memoryNetwork();
  readonly #settings: Partial<BrokerSettings>;
  readonly #failover: Failover;
  readonly #places = new Map<number, Place>();
  readonly logs: string[] = [];
  #nameServer: { node: NameServer; network: BreakableNetwork; disk: MemoryDisk } | undefined;
  #nameServerDisk = new MemoryDisk();

  private constructor(settings: Partial<BrokerSettings>, failover: Failover) {
    this.#settings = settings;
    this.#failover = failover;
  }

  /** Node 1 is the master of set 1, node 17 its slave, 33 its second one; topic `t` has one partition. */
  static async start(
    ids: readonly number[],
    settings: Partial<BrokerSettings> = {},
    failover: Failover = 'none',
  ): Promise<MemoryCluster> {
    const cluster = new MemoryCluster(settings, failover);
    await cluster.startNameServer();
    for (const id of ids) await cluster.start(id);
    const topic = { name: 't', partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] };
    await cluster.call(1, createTopics, { topics: [topic], timeoutMs: 5000, validateOnly: false });
    return cluster;
  }

  async startNameServer(): Promise<void> {
    const network = new BreakableNetwork(this.#wire);
    const world = memoryWorld(network, this.#nameServerDisk, this.#clock);
    const settings = {
      host: 'memory',
      port: nameServerPort,
      masterTimeoutMs: 2000,
      failover: this.#failover,
      secret: 'of this cluster',
    };
    const node = await this.run(startNameServer({ ...world, log: (line) => this.#log('ns', line) }, settings));
    this.#nameServer = { node, network, disk: this.#nameServerDisk };
  }

  async killNameServer(): Promise<void> {
    if (this.#nameServer === undefined) return;
    const { node, network, disk } = this.#nameServer;
    this.#nameServerDisk = disk.afterPowerCut();
    await network.cut();
    await this.run(node[Symbol.asyncDispose]());
    this.#nameServer = undefined;
  }

  async start(id: number): Promise<BrokerNode> {
    return await this.run(this.begin(id));
  }

  /** Starts a node without letting time pass, for one that will have to wait. */
  async begin(id: number): Promise<BrokerNode> {
    const network = new BreakableNetwork(this.#wire);
    const disk = this.#places.get(id)?.disk ?? new MemoryDisk();
    const faults = new FaultyDisk(disk, this.#clock);
    const place: Place = { node: undefined, network, disk, faults };
    this.#places.set(id, place);
    const world = {
      ...memoryWorld(network, disk, this.#clock),
      disk: faults,
      log: (line: string) => this.#log(id, line),
      notice: (line: string) => this.#log(id, `! ${line}`),
    };
    const settings = { ...defaults, ...this.#settings, id, set: id % 16, port: 1000 + id };
    place.node = await startNode(world, settings);
    return place.node;
  }

  async kill(id: number, death: Death = 'kill'): Promise<void> {
    const place = this.#place(id);
    const { disk, node } = place;
    place.disk = death === 'kill' ? disk.copy() : death === 'power' ? disk.afterPowerCut() : new MemoryDisk();
    await place.network.cut();
    place.node = undefined;
    place.faults.obey({});
    // The old life ends on a disk and a network that nobody else has any more.
    if (node !== undefined) await this.run(node[Symbol.asyncDispose]());
  }

  async stop(id: number): Promise<void> {
    const { node } = this.#place(id);
    if (node !== undefined) await this.run(node[Symbol.asyncDispose]());
    const place = this.#place(id);
    place.node = undefined;
    place.disk = place.disk.copy();
  }

  /** The routes on the name server's disk. */
  routes(): ClusterRoutes {
    return routesFromText(String(this.#nameServerDisk.files.get(routesFile)));
  }

  disk(id: number): MemoryDisk {
    return this.#place(id).disk;
  }

  /** Writes and syncs fail from now on, until it is started again. */
  failDisk(id: number): void {
    this.#place(id).faults.obey({ fail: 'EIO', on: ['write', 'sync'] });
  }

  freeze(id: number): void {
    this.#place(id).network.freeze();
  }

  thaw(id: number): void {
    this.#place(id).network.thaw();
  }

  isUp(id: number): boolean {
    return this.#places.get(id)?.node !== undefined;
  }

  node(id: number): BrokerNode {
    const { node } = this.#place(id);
    if (node === undefined) throw new Error(`node ${id} is down`);
    return node;
  }

  async promote(nodeId: number): Promise<{ errorCode: number; epoch: number }> {
    return await this.#callPort(nameServerPort, promote, { nodeId });
  }

  /** Acks all, unless said otherwise; returns the error code. */
  async produce(id: number, payload: string, options: SendOptions = {}): Promise<number> {
    return await this.run(this.send(id, payload, options));
  }

  /** Like `produce`, but time passes only when something else lets it; rejects when the connection is lost. */
  async send(id: number, payload: string, options: SendOptions = {}): Promise<number> {
    const partitions = [{ index: 0, records: batch({ ...options, payload }) }];
    const request = {
      transactionalId: null,
      acks: options.acks ?? -1,
      timeoutMs: 30_000,
      topics: [{ name: options.topic ?? 't', partitions }],
    };
    const answer = await this.#ask(1000 + id, produce, request);
    return answer.topics[0]?.partitions[0]?.errorCode ?? -1;
  }

  /** What a consumer is shown, from the start; the error code if it is refused. */
  async consume(id: number): Promise<string[] | number> {
    const place = { index: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1 };
    const topics = [{ name: 't', topicId: noTopicId, partitions: [{ ...place, maxBytes: 1_000_000 }] }];
    const request = { ...fetchByName.request.zero, maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, topics };
    const partition = (await this.call(id, fetchByName, request)).topics[0]?.partitions[0];
    return partition?.errorCode === 0 ? partition.records.flatMap(payloadsOf) : (partition?.errorCode ?? -1);
  }

  /** The offset behind the last record that consumers may see; -1 while that is not known. */
  async latest(id: number): Promise<number> {
    const partitions = [{ index: 0, currentLeaderEpoch: -1, timestampMs: -1 }];
    const request = { ...listOffsets.request.zero, topics: [{ name: 't', partitions }] };
    const partition = (await this.call(id, listOffsets, request)).topics[0]?.partitions[0];
    return partition?.errorCode === 0 ? partition.offset : -1;
  }

  async commit(id: number, groupId: string, offset: number): Promise<number> {
    const partitions = [{ ...offsetCommitPartition, offset }];
    const request = { ...offsetCommit.request.zero, groupId, generationId: -1, topics: [{ name: 't', partitions }] };
    return (await this.call(id, offsetCommit, request)).topics[0]?.partitions[0]?.errorCode ?? -1;
  }

  async committed(id: number, groupId: string): Promise<number> {
    const request = { ...offsetFetch.request.zero, groups: [{ groupId, topics: [{ name: 't', partitions: [0] }] }] };
    return (await this.call(id, offsetFetch, request)).groups[0]?.topics[0]?.partitions[0]?.offset ?? -2;
  }

  async partition(id: number) {
    const answer = await this.call(id, metadata, {
      ...metadata.request.zero,
      topics: [{ name: 't', topicId: '0'.repeat(32) }],
    });
    const [first] = answer.topics[0]?.partitions ?? [];
    if (first === undefined) throw new Error('no partition');
    return {
      leader: first.leaderId,
      epoch: first.leaderEpoch,
      inSync: [...first.inSyncReplicas].sort((a, b) => a - b),
    };
  }

  /** Where the log of a node that does not lead ends. */
  async end(id: number): Promise<number> {
    return (await this.call(id, tail, { setId: id % 16, lastEpoch: 0, end: 0, maxBytes: 0 })).end;
  }

  /** Id 0 is the name server. */
  async call<Q, S>(id: number, api: Api<Q, S>, request: Q): Promise<S> {
    return await this.#callPort(id === 0 ? nameServerPort : 1000 + id, api, request);
  }

  /** Lets time pass until the condition holds. */
  async until(condition: () => Promise<boolean> | boolean): Promise<void> {
    for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 50) {
      if (await condition()) return;
      await this.#clock.pass(50);
    }
    throw new Error(`not within ${limitMs} ms:\n${this.logs.join('\n')}`);
  }

  async pass(durationMs: number): Promise<void> {
    await this.#clock.pass(durationMs);
  }

  /** Lets time pass until it settles. */
  async run<T>(running: PromiseLike<T>): Promise<T> {
    let done = false;
    const settle = () => {
      done = true;
    };
    running.then(settle, settle);
    await this.until(() => done);
    return await running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [id, { node }] of this.#places) if (node !== undefined) await this.kill(id);
    await this.killNameServer();
  }

  /** Asks a node, or with id 0 the name server, as somebody who does not know the secret of the cluster. */
  async callAsStranger<Q, S>(id: number, api: Api<Q, S>, request: Q): Promise<S> {
    return await this.run(this.#ask(id === 0 ? nameServerPort : 1000 + id, api, request, 'a guess'));
  }

  async #callPort<Q, S>(port: number, api: Api<Q, S>, request: Q): Promise<S> {
    return await this.run(this.#ask(port, api, request));
  }

  async #ask<Q, S>(port: number, api: Api<Q, S>, request: Q, secret: string = defaults.secret): Promise<S> {
    const world = memoryWorld(this.#wire, new MemoryDisk(), this.#clock);
    await using peer = await connectPeer(world, 'memory', port, 1000, { secret });
    return await peer.call(api, request, answerLimitMs);
  }

  #place(id: number): Place {
    const place = this.#places.get(id);
    if (place === undefined) throw new Error(`no node ${id}`);
    return place;
  }

  #log(node: number | string, line: string): void {
    this.logs.push(`${this.#clock.nowMs()} ${node}: ${line}`);
  }
}

/** Of batches that follow each other in one buffer, as they do in a response. */
function payloadsOf(records: Buffer): string[] {
  const payloads: string[] = [];
  for (let at = 0; at < records.length; ) {
    const { sizeBytes } = readBatchHeader(records.subarray(at));
    payloads.push(payloadOf(records.subarray(at, at + sizeBytes)));
    at += sizeBytes;
  }
  return payloads;
}

const offsetCommitPartition = { index: 0, leaderEpoch: -1, metadata: '' };

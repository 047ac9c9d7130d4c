import { connectPeer, type Peer } from '../../../src/broker/rpc/peer.ts';
import { sleep } from '../../../src/broker/waiting.ts';
import type { Api } from '../../../src/broker/wire/api.ts';
import { findCoordinator } from '../../../src/broker/wire/apis/groups.ts';
import { metadata } from '../../../src/broker/wire/apis/topics.ts';
import { code } from '../../../src/broker/wire/codes.ts';
import type { World } from '../../../src/broker/world/world.ts';
import { type RandomStream, stream } from '../../../src/plan/random.ts';
import type { SimulatedCluster } from './cluster.ts';

export const topic = 't';
const connectMs = 1000;
const answerMs = 3000;

/** A client on a machine of its own: it keeps one connection to each node, and asks around who leads. */
export class Client {
  readonly name: string;
  readonly random: RandomStream;
  readonly #cluster: SimulatedCluster;
  readonly #world: World;
  readonly #peers = new Map<number, Peer>();
  readonly #leaders = new Map<number, number>();
  #coordinator: number | undefined;

  constructor(cluster: SimulatedCluster, name: string, seed: number) {
    this.name = name;
    this.random = stream(seed, `client ${name}`);
    this.#cluster = cluster;
    this.#world = cluster.machine(name).boot();
  }

  pause(ms: number): Promise<void> {
    return sleep(this.#world.clock, ms);
  }

  get nowMs(): number {
    return this.#world.clock.nowMs();
  }

  /** @throws when there is no answer: the request may have been carried out. */
  async call<Q, S>(id: number, api: Api<Q, S>, request: Q): Promise<S> {
    let peer = this.#peers.get(id);
    if (peer === undefined || peer.closed) {
      const { host, port } = this.#cluster.addressOf(id);
      peer = await connectPeer(this.#world, host, port, connectMs);
      this.#peers.set(id, peer);
    }
    return await peer.call(api, request, answerMs);
  }

  /** Asks the leader of a partition; undefined when nobody is known to lead it. */
  async callLeader<Q, S>(partition: number, api: Api<Q, S>, request: Q): Promise<S | undefined> {
    const id = await this.#leaderOf(partition);
    return id === undefined ? undefined : await this.call(id, api, request);
  }

  async callCoordinator<Q, S>(group: string, api: Api<Q, S>, request: Q): Promise<S | undefined> {
    const id = await this.#coordinatorOf(group);
    return id === undefined ? undefined : await this.call(id, api, request);
  }

  /** Whoever led, or coordinated, may do so no more. */
  forget(): void {
    this.#leaders.clear();
    this.#coordinator = undefined;
  }

  async partitions() {
    const answer = await this.call(this.#anyNode(), metadata, {
      ...metadata.request.zero,
      topics: [{ name: topic, topicId: '0'.repeat(32) }],
    });
    return answer.topics[0]?.partitions ?? [];
  }

  async #leaderOf(partition: number): Promise<number | undefined> {
    if (!this.#leaders.has(partition)) {
      for (const { index, leaderId } of await this.partitions()) this.#leaders.set(index, leaderId);
    }
    return this.#leaders.get(partition);
  }

  async #coordinatorOf(group: string): Promise<number | undefined> {
    if (this.#coordinator === undefined) {
      const request = { ...findCoordinator.request.zero, keyType: 0, keys: [group] };
      const [found] = (await this.call(this.#anyNode(), findCoordinator, request)).coordinators;
      if (found?.errorCode === code.NONE) this.#coordinator = found.nodeId;
    }
    return this.#coordinator;
  }

  #anyNode(): number {
    return this.random.pick(this.#cluster.ids);
  }
}

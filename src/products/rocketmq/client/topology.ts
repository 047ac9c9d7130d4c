/**
 * Where things are: the sets of brokers, who is master of each now, and which queue a partition is.
 *
 * Who is master is the name servers' knowledge, and a dead master is gone from it at once. Which sets there are must not
 * change with that, or a partition would be another queue while a broker is down: for a cluster that the run starts it is
 * known from its nodes; for an attached one `declare` writes it down on the name servers, as RocketMQ itself does for
 * ordered topics (namespace ORDER_TOPIC_CONFIG), and whoever does not know how many partitions there are reads it there.
 */
import { ToolError } from '../../../errors.ts';
import type { Channel } from '../../channel.ts';
import type { BrokerAccess } from '../../driver.ts';
import { requests, success } from './codes.ts';
import type { Connections } from './connections.ts';
import { parseLenient } from './lenient-json.ts';
import { type Queue, queuesOf, readShares, type Share, shares, writeShares } from './queues.ts';

/** A set of brokers as it is registered now. */
export interface LiveSet {
  readonly name: string;
  readonly cluster: string;
  readonly master?: string;
  readonly slaves: readonly string[];
}

const orderedTopics = 'ORDER_TOPIC_CONFIG';
const masterId = '0';

export class Topology {
  readonly nameServers: readonly string[];
  readonly #access: BrokerAccess;
  readonly #connections: Connections;
  /** By topic: it never changes once it was declared. */
  readonly #shares = new Map<string, readonly Share[]>();

  constructor(access: BrokerAccess, connections: Connections) {
    this.#access = access;
    this.#connections = connections;
    const ours = access.nodes.filter(({ role }) => role === 'name-server').flatMap(({ address }) => address ?? []);
    this.nameServers = ours.length > 0 ? ours : access.bootstrap;
  }

  /** Rejects when no name server answers. */
  async sets(): Promise<LiveSet[]> {
    const { body } = await this.#askAny(requests.getBrokerClusterInfo, {});
    const { brokerAddrTable } = parseLenient(body.toString()) as ClusterInfo;
    return Object.values(brokerAddrTable ?? {})
      .map(({ brokerName, cluster, brokerAddrs }) => {
        const master = brokerAddrs[masterId];
        const slaves = Object.entries(brokerAddrs).flatMap(([id, address]) => (id === masterId ? [] : [address]));
        return { name: brokerName, cluster, ...(master === undefined ? {} : { master }), slaves };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** By partition. */
  async queues(channel: string, partitions: number | undefined): Promise<readonly Queue[]> {
    return queuesOf(await this.shares(channel, partitions));
  }

  async shares(channel: string, partitions: number | undefined): Promise<readonly Share[]> {
    const known = this.#shares.get(channel);
    if (known !== undefined) return known;
    const sets = this.#ownSets();
    const found =
      sets === undefined || partitions === undefined ? await this.#written(channel) : shares(partitions, sets);
    this.#shares.set(channel, found);
    return found;
  }

  /** Fixes how a new channel lies on the sets, for all clients to come. */
  async settle({ name, partitions = 1 }: Channel): Promise<readonly Share[]> {
    const settled = shares(partitions, this.#ownSets() ?? (await this.#setsWithMaster()));
    const fields = { namespace: orderedTopics, key: name, value: writeShares(settled) };
    await this.#onAll(requests.putKvConfig, fields);
    this.#shares.set(name, settled);
    return settled;
  }

  async forget(channel: string): Promise<void> {
    this.#shares.delete(channel);
    await this.#onAll(requests.deleteKvConfig, { namespace: orderedTopics, key: channel });
    await this.#onAll(requests.deleteTopicInNameServer, { topic: channel });
  }

  /** Sets whose master has the topic in its route; empty when no name server knows it. */
  async routed(channel: string): Promise<string[]> {
    const answer = await this.#askAny(requests.getRouteInfo, { topic: channel }, [success, topicNotExist]);
    if (answer.code !== success) return [];
    const { queueDatas } = parseLenient(answer.body.toString()) as RouteInfo;
    return (queueDatas ?? []).map(({ brokerName }) => brokerName);
  }

  #ownSets(): readonly string[] | undefined {
    if (this.#access.cluster.attach !== undefined) return undefined;
    return this.#access.nodes.filter(({ role }) => role === 'master').map(({ id }) => id);
  }

  async #setsWithMaster(): Promise<string[]> {
    const live = (await this.sets()).filter(({ master }) => master !== undefined);
    if (live.length === 0) throw new ToolError('no master is registered with the name server', noMaster);
    return live.map(({ name }) => name);
  }

  async #written(channel: string): Promise<readonly Share[]> {
    const answer = await this.#askAny(requests.getKvConfig, { namespace: orderedTopics, key: channel });
    const written = readShares(answer.fields.value ?? '');
    if (written.length === 0) throw new Error(`${channel}: the name server does not know its queues`);
    return written;
  }

  async #askAny(code: number, fields: Readonly<Record<string, string>>, fine: readonly number[] = [success]) {
    let last: unknown = new Error('there is no name server');
    for (const address of this.nameServers) {
      try {
        const answer = await this.#connections.ask(address, code, fields);
        if (fine.includes(answer.code)) return answer;
        last = new Error(`name server ${address} answers ${answer.code}: ${answer.remark}`);
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  async #onAll(code: number, fields: Readonly<Record<string, string>>): Promise<void> {
    await Promise.all(this.nameServers.map((address) => this.#connections.ask(address, code, fields)));
  }
}

interface ClusterInfo {
  readonly brokerAddrTable?: Readonly<
    Record<
      string,
      { readonly brokerName: string; readonly cluster: string; readonly brokerAddrs: Readonly<Record<string, string>> }
    >
  >;
}

interface RouteInfo {
  readonly queueDatas?: readonly { readonly brokerName: string }[];
}

const topicNotExist = 17;
const noMaster = { code: 'no-master', hint: 'start the brokers, or look at their namesrvAddr', exitCode: 4 } as const;

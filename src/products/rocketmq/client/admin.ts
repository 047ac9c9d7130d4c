/** The runner's connection: topics and groups on every broker, masters, copies, and whether a group is drained. */
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { pause, throwIfAborted, within } from '../../../wait.ts';
import type { Channel } from '../../channel.ts';
import type { Admin, BrokerAccess, DrainAnswer, Leader } from '../../driver.ts';
import { askHaStatus, askRuntime } from './broker.ts';
import { requests } from './codes.ts';
import { Connections } from './connections.ts';
import { Drain } from './drained.ts';
import { parseLenient } from './lenient-json.ts';
import { Masters } from './masters.ts';
import { isOfGroup } from './topic-names.ts';
import { type LiveSet, Topology } from './topology.ts';

const declareMs = 60_000;
const retryMs = 200;
/**
 * Tries after the first, of a group that is to be given a message again without end: 16 unless told otherwise. Not the
 * largest number there is: the proxy adds one to it, and then everything is a dead letter at once.
 */
const endless = 1_000_000;

export async function openAdmin(access: BrokerAccess): Promise<Admin> {
  const connections = new Connections(access);
  const admin = new RemotingAdmin(access, connections);
  try {
    await admin.version();
    return admin;
  } catch (error) {
    connections.close();
    throw new ToolError(`no answer from RocketMQ at ${access.bootstrap.join(', ')}: ${messageOf(error)}`, {
      code: 'broker-unreachable',
      hint: 'give the addresses of name servers (port 9876 unless configured), not of brokers or proxies',
      exitCode: exitCodes.setup,
    });
  }
}

class RemotingAdmin implements Admin {
  readonly #connections: Connections;
  readonly #topology: Topology;
  readonly #masters: Masters;
  readonly #drains = new Map<string, Drain>();

  constructor(access: BrokerAccess, connections: Connections) {
    this.#connections = connections;
    this.#topology = new Topology(access, connections);
    this.#masters = new Masters(this.#topology);
  }

  async declare(channel: Channel, signal: AbortSignal): Promise<void> {
    const declaring = this.#declared(channel, signal);
    await within(declaring, { what: `declare ${channel.name}`, boundMs: declareMs, signal }).catch((error: unknown) => {
      throwIfAborted(signal);
      if (error instanceof ToolError) throw error;
      throw new ToolError(`topic ${channel.name} could not be made: ${messageOf(error)}`, {
        code: 'declare',
        hint: 'look at the logs of the brokers, logs/rocketmqlogs/broker.log below their folders',
        exitCode: exitCodes.setup,
      });
    });
  }

  async remove(channel: string, signal: AbortSignal): Promise<void> {
    await this.#onAllBrokers(signal, async (address) => {
      await this.#connections.ask(address, requests.deleteTopicInBroker, { topic: channel });
    });
    await this.#topology.forget(channel);
  }

  async removeGroups(groups: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#onAllBrokers(signal, async (address) => {
      const topics = await this.#topicsOf(address);
      for (const groupName of groups) {
        await this.#connections.ask(address, requests.deleteGroup, { groupName, cleanOffset: true });
        for (const topic of topics.filter((each) => isOfGroup(each, groupName))) {
          await this.#connections.ask(address, requests.deleteTopicInBroker, { topic });
        }
      }
    });
  }

  async leaders(channel: string): Promise<readonly Leader[]> {
    const sets = new Map((await this.#topology.sets()).map(({ name, master }) => [name, master]));
    const queues = await this.#topology.queues(channel, undefined);
    return queues.flatMap(({ set }, partition) => {
      const address = sets.get(set);
      return address === undefined ? [] : [{ partition, address }];
    });
  }

  /** Slaves whose commit log ends before their master's. */
  async lagging(): Promise<readonly string[]> {
    const sets = await this.#topology.sets();
    const behind = sets.map(({ name, master, slaves }) => this.#behind(name, master, slaves));
    return (await Promise.all(behind)).flat();
  }

  async drained(channel: string, group: string): Promise<DrainAnswer> {
    try {
      const key = `${channel} ${group}`;
      const shares = await this.#topology.shares(channel, undefined);
      const drain = this.#drains.get(key) ?? new Drain({ channel, group, shares }, this.#connections, this.#masters);
      this.#drains.set(key, drain);
      return await drain.ask();
    } catch (error) {
      return { proven: false, proof: messageOf(error) };
    }
  }

  async version(): Promise<string> {
    const sets = await this.#topology.sets();
    const addresses = sets.flatMap(({ master, slaves }) => [...(master === undefined ? [] : [master]), ...slaves]);
    const [first] = addresses;
    const version = first === undefined ? 'unknown' : (await askRuntime(this.#connections, first)).brokerVersionDesc;
    return `RocketMQ ${(version ?? 'unknown').replace(/^V/, '').replaceAll('_', '.')}, brokers: ${addresses.length}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connections.close();
  }

  /**
   * Slaves are told as their masters are: by itself a slave copies topics and groups only once a minute, the first time a
   * minute after its start, and until then it refuses to be read.
   */
  async #declared(channel: Channel, signal: AbortSignal): Promise<void> {
    if ((await this.#topology.routed(channel.name)).length > 0) {
      throw new ToolError(`there is a topic ${channel.name} already`, {
        code: 'channel-exists',
        exitCode: exitCodes.setup,
      });
    }
    const shares = await this.#topology.settle(channel);
    const sets = await this.#topology.sets();
    for (const { set, queues } of shares) {
      const live = sets.find(({ name }) => name === set);
      if (live?.master === undefined) throw new Error(`set ${set} has no master`);
      for (const address of [live.master, ...live.slaves]) {
        if (queues > 0) await this.#createTopic(address, channel.name, queues);
        for (const group of channel.groups) await this.#createGroup(address, group, channel);
      }
    }
    const wanted = shares.filter(({ queues }) => queues > 0).map(({ set }) => set);
    let routed: readonly string[] = [];
    while (!wanted.every((set) => routed.includes(set))) {
      throwIfAborted(signal);
      await pause(retryMs, signal);
      routed = await this.#topology.routed(channel.name);
    }
  }

  async #createTopic(address: string, topic: string, queues: number): Promise<void> {
    const fields = {
      ...{ topic, defaultTopic: 'TBW102', readQueueNums: queues, writeQueueNums: queues, perm: 6 },
      ...{ topicFilterType: 'SINGLE_TAG', topicSysFlag: 0, order: false, attributes: '+message.type=NORMAL' },
    };
    await this.#connections.demand(address, requests.updateAndCreateTopic, fields, `topic ${topic} on ${address}`);
  }

  async #createGroup(address: string, groupName: string, { redelivery }: Channel): Promise<void> {
    const group = {
      ...{ groupName, consumeEnable: true, consumeFromMinEnable: true, consumeBroadcastEnable: true },
      ...{ retryQueueNums: 1, retryMaxTimes: redelivery?.attempts ?? endless, brokerId: 0 },
      ...{ whichBrokerWhenConsumeSlowly: 1, notifyConsumerIdsChangedEnable: true },
    };
    const asking = { body: Buffer.from(JSON.stringify(group)) };
    const what = `group ${groupName} on ${address}`;
    await this.#connections.demand(address, requests.updateAndCreateGroup, {}, what, asking);
  }

  async #behind(set: string, master: string | undefined, slaves: readonly string[]): Promise<string[]> {
    if (slaves.length === 0) return [];
    if (master === undefined) return [`set ${set}: no master to compare with`];
    const { end } = await askHaStatus(this.#connections, master);
    const asked = slaves.map(async (address): Promise<string[]> => {
      const status = await askHaStatus(this.#connections, address);
      return status.end >= end ? [] : [`slave ${address} of ${set}: ${end - status.end} bytes of its log`];
    });
    return (await Promise.all(asked)).flat();
  }

  async #topicsOf(address: string): Promise<string[]> {
    const { body } = await this.#connections.demand(address, requests.getAllTopicConfig, {}, `topics of ${address}`);
    const { topicConfigTable } = parseLenient(body.toString()) as { topicConfigTable?: Record<string, unknown> };
    return Object.keys(topicConfigTable ?? {});
  }

  async #onAllBrokers(signal: AbortSignal, work: (address: string) => Promise<void>): Promise<void> {
    const sets: readonly LiveSet[] = await this.#topology.sets();
    const addresses = sets.flatMap(({ master, slaves }) => [...(master === undefined ? [] : [master]), ...slaves]);
    for (const address of addresses) {
      throwIfAborted(signal);
      await work(address);
    }
  }
}

/** The runner's connection: channels, leaders, versions, drain. Every question has its own deadline. */
import type { JetStreamManager } from '@nats-io/jetstream';
import { messageOf } from '../../../errors.ts';
import { Deadline, noAbort, pause, throwIfAborted, within } from '../../../wait.ts';
import type { Channel } from '../../channel.ts';
import type { Admin, BrokerAccess, DrainAnswer, Leader } from '../../driver.ts';
import type { NatsPlan } from '../settings.ts';
import { isDenied, Line, managerOf, unreachable } from './connection.ts';
import { drained } from './drained.ts';
import { Leadership, serverInfo } from './leadership.ts';
import { advisoriesOf, durableOf, partitionOf, streamOf } from './names.ts';
import { channelExists, isFinal, refused } from './refusals.ts';
import { apiCode, apiCodes, isGone, partitionsOf, restore, streamsOf } from './streams.ts';

const reachMs = 5_000;
const requestMs = 5_000;
const readyMs = 30_000;
/** Replicas that take longer are not waited for: an attached cluster may have a server that is down. */
const currentMs = 10_000;
const pollMs = 200;

export async function openAdmin(access: BrokerAccess): Promise<Admin> {
  const line = new Line(access, noAbort);
  using deadline = new Deadline(reachMs, noAbort);
  while ((await line.connected(pollMs, deadline.signal)) === undefined && !deadline.over && !isDenied(line.failure));
  if (line.now !== undefined) return new NatsAdmin(access, line);
  const failure = line.failure ?? new Error('connected, but no answer');
  await line[Symbol.asyncDispose]();
  throw unreachable(access, failure);
}

class NatsAdmin implements Admin {
  readonly #access: BrokerAccess;
  readonly #line: Line;
  readonly #leadership: Leadership;

  constructor(access: BrokerAccess, line: Line) {
    this.#access = access;
    this.#line = line;
    this.#leadership = new Leadership(access);
  }

  /** Asked until there is a leader of the cluster: a cluster that has just started has none. */
  async declare(channel: Channel, signal: AbortSignal): Promise<void> {
    const cluster = this.#access.cluster as NatsPlan;
    for (const { name } of streamsOf(channel, cluster)) {
      const found = await this.#done(`ask for the stream ${name}`, signal, (manager) => present(manager, name));
      if (found) throw channelExists(name);
    }
    // What was made by a request whose answer was lost is ours: it was not there a moment ago.
    await this.#done(`make the channel ${channel.name}`, signal, (manager) => restore(manager, channel, cluster));
    await this.#untilReady(channel, signal);
  }

  async remove(channel: string, signal: AbortSignal): Promise<void> {
    const streams = await this.#streams(signal);
    const own = streams.filter((name) => name === advisoriesOf(channel) || partitionOf(channel, name) !== undefined);
    for (const name of own) {
      await this.#done(`delete the stream ${name}`, signal, (manager) => unlessGone(manager.streams.delete(name)));
    }
  }

  async removeGroups(groups: readonly string[], signal: AbortSignal): Promise<void> {
    if (groups.length === 0) return;
    for (const stream of await this.#streams(signal)) {
      for (const group of groups) {
        const what = `delete the consumer ${durableOf(group)} of ${stream}`;
        await this.#done(what, signal, (manager) => unlessGone(manager.consumers.delete(stream, durableOf(group))));
      }
    }
  }

  async leaders(channel: string, signal: AbortSignal): Promise<readonly Leader[]> {
    const manager = await this.#manager(signal);
    const partitions = await this.#partitions(manager, channel, signal);
    const asking = this.#leadership.of(manager, channel, partitions);
    return within(asking, { what: 'ask for the leaders', boundMs: requestMs, signal });
  }

  async lagging(channel: string, signal: AbortSignal): Promise<readonly string[]> {
    const manager = await this.#manager(signal);
    const partitions = await this.#partitions(manager, channel, signal);
    const behind: string[] = [];
    for (const partition of partitions) {
      const asking = manager.streams.info(streamOf(channel, partition));
      const { cluster } = await within(asking, { what: 'ask for the replicas', boundMs: requestMs, signal });
      if (cluster?.name !== undefined && (cluster.leader ?? '') === '')
        behind.push(`partition ${partition}: no leader`);
      for (const { name, current, offline, lag = 0 } of cluster?.replicas ?? []) {
        if (!current || offline === true || lag > 0) behind.push(`partition ${partition} on ${name}`);
      }
    }
    return behind;
  }

  async drained(channel: string, group: string, signal: AbortSignal): Promise<DrainAnswer> {
    try {
      const manager = await this.#manager(signal);
      const partitions = await this.#partitions(manager, channel, signal);
      const asking = drained(manager, channel, group, partitions);
      return await within(asking, { what: 'ask for the consumers', boundMs: requestMs, signal });
    } catch (error) {
      return { proven: false, proof: messageOf(error) };
    }
  }

  async version(signal: AbortSignal): Promise<string> {
    const { bootstrap } = this.#access;
    const infos = await within(Promise.all(bootstrap.map(serverInfo)), { what: 'ask', boundMs: requestMs, signal });
    const versions = new Set(infos.flatMap((info) => (info === undefined ? [] : [info.version])));
    const answered = infos.filter((info) => info !== undefined).length;
    return `nats-server ${[...versions].join(', ') || 'unknown'}, servers: ${answered}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#line[Symbol.asyncDispose]();
  }

  async #manager(signal: AbortSignal): Promise<JetStreamManager> {
    const connection = await this.#line.connected(requestMs, signal);
    throwIfAborted(signal);
    if (connection === undefined) throw unreachable(this.#access, this.#line.failure);
    return managerOf(connection);
  }

  #streams(signal: AbortSignal): Promise<string[]> {
    return this.#done('list the streams', signal, async (manager) => {
      const names: string[] = [];
      for await (const name of manager.streams.names()) names.push(name);
      return names;
    });
  }

  /** Of the streams that are there; a channel without any is nothing that can be told about. */
  async #partitions(manager: JetStreamManager, channel: string, signal: AbortSignal): Promise<number[]> {
    const listing = async (): Promise<number[]> => {
      const partitions: number[] = [];
      for await (const name of manager.streams.names()) {
        const partition = partitionOf(channel, name);
        if (partition !== undefined) partitions.push(partition);
      }
      return partitions.sort((a, b) => a - b);
    };
    const partitions = await within(listing(), { what: 'list the streams', boundMs: requestMs, signal });
    if (partitions.length === 0) throw new Error(`the servers have no stream of ${channel}`);
    return partitions;
  }

  /** Repeats what fails for the moment. @throws ToolError when it still fails after a while. */
  async #done<T>(what: string, signal: AbortSignal, ask: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    using deadline = new Deadline(readyMs, signal);
    let failure: unknown;
    while (!deadline.over) {
      try {
        const manager = await this.#manager(deadline.signal);
        return await within(ask(manager), { what, boundMs: 2 * requestMs, signal: deadline.signal });
      } catch (error) {
        if (!deadline.over || failure === undefined) failure = error;
        if (isFinal(error)) break;
      }
      await pause(pollMs, deadline.signal);
    }
    throwIfAborted(signal);
    throw refused(what, failure);
  }

  /** Made is not yet safe: replicas join one by one, and what is acknowledged before is on fewer of them. */
  async #untilReady(channel: Channel, signal: AbortSignal): Promise<void> {
    const wanted = partitionsOf(channel).length;
    using deadline = new Deadline(readyMs, signal);
    const patienceEndMs = performance.now() + currentMs;
    let missing: unknown = 'no answer';
    while (!deadline.over) {
      try {
        const leading = await this.leaders(channel.name, deadline.signal);
        const behind = await this.lagging(channel.name, deadline.signal);
        if (leading.length === wanted && (behind.length === 0 || performance.now() > patienceEndMs)) return;
        missing = behind.length > 0 ? behind.join(', ') : `${leading.length} of ${wanted} streams have a leader`;
      } catch (error) {
        if (!deadline.over) missing = messageOf(error);
      }
      await pause(pollMs, deadline.signal);
    }
    throwIfAborted(signal);
    throw refused(`produce to the channel ${channel.name}`, missing);
  }
}

async function present(manager: JetStreamManager, stream: string): Promise<boolean> {
  try {
    await manager.streams.info(stream);
    return true;
  } catch (error) {
    if (apiCode(error) === apiCodes.streamNotFound) return false;
    throw error;
  }
}

async function unlessGone(deleting: Promise<unknown>): Promise<void> {
  await deleting.catch((error: unknown) => {
    if (!isGone(error)) throw error;
  });
}

/** The runner's connection: streams, groups, who is the primary, drain. Every question is asked now, with a deadline. */
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { AbortedError, Deadline, noAbort, pause, throwIfAborted } from '../../../wait.ts';
import type { Channel } from '../../channel.ts';
import type { Admin, BrokerAccess, DrainAnswer, Leader } from '../../driver.ts';
import { askDrained } from './drained.ts';
import { deadStreamOf, globOf, partitionIn, streamsOf } from './keys.ts';
import type { Word } from './link.ts';
import { laggingReplicas, type ServerFacts } from './replication.ts';
import { isDenied, Servers } from './servers.ts';
import { askGroup } from './streams.ts';

const askMs = 5_000;
const reachMs = 5_000;
const readyMs = 30_000;
const pollMs = 100;
const scanKeys = 1_000;

export async function openAdmin(access: BrokerAccess): Promise<Admin> {
  const servers = new Servers(access);
  try {
    const { address } = await reach(servers);
    await refuseCluster(servers, address);
  } catch (error) {
    servers[Symbol.dispose]();
    throw error;
  }
  return new RedisAdmin(servers, (access.cluster as { replicas?: number }).replicas ?? 0);
}

/** A primary must answer within a few seconds, or nothing that follows makes sense. */
async function reach(servers: Servers): Promise<ServerFacts> {
  using deadline = new Deadline(reachMs, noAbort);
  let failure: unknown;
  while (!deadline.over && !isDenied(failure)) {
    try {
      return await servers.primary(deadline.signal);
    } catch (error) {
      if (!(error instanceof AbortedError)) failure = error;
      await pause(pollMs, deadline.signal);
    }
  }
  throw new ToolError(`no primary answers at ${servers.addresses.join(', ')}: ${messageOf(failure ?? 'no answer')}`, {
    code: 'broker-unreachable',
    hint: isDenied(failure)
      ? 'check the user name and the password (cluster.login), and what this user may do'
      : 'check that the server runs, whether it wants TLS or a login, and name the primary as well as its replicas',
    cause: failure,
    exitCode: exitCodes.setup,
  });
}

/** Its streams would be on several servers, and one connection is not enough. */
async function refuseCluster(servers: Servers, address: string): Promise<void> {
  const info = String(await servers.ask(address, ['INFO', 'cluster'], askMs));
  if (!/^cluster_enabled:1/m.test(info)) return;
  const hint = 'attach a server that runs on its own, or with replicas';
  throw setupError(`${address} is a node of a Redis Cluster`, 'cluster-mode', { hint });
}

/** Makes all streams with their groups, or says that one of them is there already and makes none. */
const declareScript = `
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then return key end
end
for _, key in ipairs(KEYS) do
  redis.call('XGROUP', 'CREATE', key, 'mqchaos-declared', '$', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', key, 'mqchaos-declared')
  for _, group in ipairs(ARGV) do redis.call('XGROUP', 'CREATE', key, group, '0') end
end
return false
`;

class RedisAdmin implements Admin {
  readonly #servers: Servers;
  readonly #replicas: number;

  constructor(servers: Servers, replicas: number) {
    this.#servers = servers;
    this.#replicas = replicas;
  }

  async declare(channel: Channel, signal: AbortSignal): Promise<void> {
    const streams = streamsOf(channel);
    const { address } = await this.#primary(`make ${channel.name}`, signal);
    const command = ['EVAL', declareScript, streams.length, ...streams, ...channel.groups] as const;
    const there = await this.#ask(address, command, signal).catch((cause: unknown) => {
      throwIfAborted(signal);
      // whether it was made is not known: what is left of it is the runner's to remove, by its name
      throw setupError(`cannot make the streams of ${channel.name}: ${messageOf(cause)}`, 'channel-not-made', {
        cause,
      });
    });
    if (there !== null) {
      const hint = 'choose another name: a stream that mqchaos did not make is never touched';
      throw setupError(`the stream ${there} exists already`, 'channel-exists', { hint });
    }
    if (this.#replicas > 0) await this.#untilCopied(channel, signal);
  }

  async remove(channel: string, signal: AbortSignal): Promise<void> {
    const { address } = await this.#primary(`remove ${channel}`, signal);
    const keys = await this.#streamsLike(address, `${globOf(channel)}-*`, signal);
    const ours = keys.filter((key) => key.startsWith(`${channel}-`) && /^\d+$/.test(key.slice(channel.length + 1)));
    if (ours.length > 0) await this.#ask(address, ['UNLINK', ...ours], signal);
  }

  /** A group is in every stream that it reads, and is gone with it. */
  async removeGroups(groups: readonly string[], signal: AbortSignal): Promise<void> {
    if (groups.length === 0) return;
    const { address } = await this.#primary('remove groups', signal);
    for (const stream of await this.#streamsLike(address, '*', signal)) {
      for (const group of groups) {
        if ((await askGroup(this.#servers, address, { stream, group }, signal)) === undefined) continue;
        await this.#ask(address, ['XGROUP', 'DESTROY', stream, group], signal);
      }
    }
    await this.#ask(address, ['UNLINK', ...groups.map(deadStreamOf)], signal);
  }

  async leaders(channel: string, signal: AbortSignal): Promise<readonly Leader[]> {
    const { address } = await this.#servers.primary(signal);
    const streams = await this.#streamsLike(address, `${globOf(channel)}-*`, signal);
    const numbered = streams.filter((stream) => /^\d+$/.test(stream.slice(channel.length + 1)));
    return numbered
      .map((stream) => ({ partition: partitionIn(stream), address }))
      .sort((a, b) => a.partition - b.partition);
  }

  async lagging(_channel: string, signal: AbortSignal): Promise<readonly string[]> {
    return laggingReplicas(await this.#servers.primary(signal), this.#servers.known);
  }

  async drained(channel: string, group: string, signal: AbortSignal): Promise<DrainAnswer> {
    try {
      return await askDrained(this.#servers, await this.leaders(channel, signal), { channel, group }, signal);
    } catch (error) {
      return { proven: false, proof: messageOf(error) };
    }
  }

  async version(signal: AbortSignal): Promise<string> {
    const { address } = await this.#servers.primary(signal);
    const info = String(await this.#ask(address, ['INFO', 'server'], signal));
    const of = (name: string): string | undefined => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
    const redis = of('redis_version') ?? 'of an unknown version';
    const valkey = of('valkey_version');
    return valkey === undefined ? `Redis ${redis}` : `Valkey ${valkey} (Redis ${redis})`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#servers[Symbol.dispose]();
  }

  /** Replicas of a fresh cluster are given what there is first; a send that waits for copies would find none. */
  async #untilCopied(channel: Channel, signal: AbortSignal): Promise<void> {
    using deadline = new Deadline(readyMs, signal);
    let last = 'no answer';
    while (!deadline.over) {
      try {
        const behind = await this.lagging(channel.name, deadline.signal);
        if (behind.length === 0) return;
        last = behind.join(', ');
      } catch (error) {
        if (!(error instanceof AbortedError)) last = messageOf(error);
      }
      await pause(pollMs, deadline.signal);
    }
    throwIfAborted(signal);
    throw setupError(`not every replica has the streams of ${channel.name}: ${last}`, 'channel-not-ready');
  }

  async #primary(what: string, signal: AbortSignal): Promise<ServerFacts> {
    using deadline = new Deadline(readyMs, signal);
    let failure: unknown;
    while (!deadline.over) {
      try {
        return await this.#servers.primary(deadline.signal);
      } catch (error) {
        if (!(error instanceof AbortedError)) failure = error;
        await pause(pollMs, deadline.signal);
      }
    }
    throwIfAborted(signal);
    throw setupError(`cannot ${what}: ${messageOf(failure ?? 'no answer')}`, 'broker-refuses', { cause: failure });
  }

  async #streamsLike(address: string, pattern: string, signal: AbortSignal): Promise<string[]> {
    const found = new Set<string>();
    let cursor = '0';
    do {
      const page = ['SCAN', cursor, 'MATCH', pattern, 'COUNT', scanKeys, 'TYPE', 'stream'] as const;
      const [next, keys] = (await this.#ask(address, page, signal)) as [string, string[]];
      cursor = next;
      for (const key of keys) found.add(key);
    } while (cursor !== '0');
    return [...found];
  }

  #ask(address: string, command: readonly [string, ...Word[]], signal: AbortSignal): Promise<unknown> {
    return this.#servers.ask(address, command, askMs, signal);
  }
}

function setupError(message: string, code: string, more: { cause?: unknown; hint?: string } = {}): ToolError {
  return new ToolError(message, { code, ...more, exitCode: exitCodes.setup });
}

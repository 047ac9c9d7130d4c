/** The runner's connection: exchanges and queues, version, drain. Every question is asked now and has its own deadline. */
import type { Channel as AmqpChannel } from 'amqplib';
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { AbortedError, Deadline, noAbort, pause, throwIfAborted, within } from '../../../wait.ts';
import type { Channel } from '../../channel.ts';
import type { Admin, BrokerAccess, DrainAnswer, Leader } from '../../driver.ts';
import type { RabbitmqPlan } from '../settings.ts';
import { type Connection, connectToAny } from './connection.ts';
import { Drains } from './drains.ts';
import { askBehind, writeTables } from './operator.ts';
import { deadQueue, declareExchange, declareGroup, topologyOf, waitQueue } from './topology.ts';

const reachMs = 10_000;
const readyMs = 60_000;
const stepMs = 15_000;
const pollMs = 200;
/** After it Erlang has written what it holds of a table. */
const youngMs = 4_000;

/** @throws ToolError `broker-unreachable` (exit 4). */
export async function openAdmin(access: BrokerAccess): Promise<Admin> {
  const admin = new RabbitmqAdmin(access);
  using deadline = new Deadline(reachMs, noAbort);
  let failure: unknown;
  while (!deadline.over && !isDenied(failure)) {
    try {
      await admin.reach(deadline.signal);
      return admin;
    } catch (error) {
      if (!(error instanceof AbortedError)) failure = error;
      await pause(pollMs, deadline.signal);
    }
  }
  throw setupError(
    `no node answers at ${access.bootstrap.join(', ')}: ${messageOf(failure ?? 'no answer')}`,
    'broker-unreachable',
    {
      cause: failure,
      hint: isDenied(failure)
        ? 'check the user name, the password and the virtual host; guest may only log in from the same machine'
        : 'check that RabbitMQ runs, and whether it wants TLS',
    },
  );
}

class RabbitmqAdmin implements Admin {
  readonly #access: BrokerAccess;
  readonly #plan: RabbitmqPlan;
  readonly #drains: Drains;
  readonly #closing = new AbortController();
  #connection: Connection | undefined;

  constructor(access: BrokerAccess) {
    this.#access = access;
    this.#plan = access.cluster as RabbitmqPlan;
    this.#drains = new Drains(access);
  }

  async reach(signal: AbortSignal): Promise<void> {
    await this.#connected(signal);
  }

  async declare(channel: Channel, signal: AbortSignal): Promise<void> {
    if (await this.#exists(channel.name, signal)) throw channelExists(channel.name);
    await this.#untilDone(`declare the exchange ${channel.name}`, signal, async (amqp, { server }) => {
      await declareExchange(amqp, channel.name, this.#plan);
      for (const group of channel.groups) {
        await declareGroup(amqp, channel.name, group, topologyOf(channel, this.#plan, server));
        await amqp.checkQueue(group);
      }
    });
    if (this.#plan.queue === 'quorum') await this.#written(signal);
  }

  async remove(channel: string, signal: AbortSignal): Promise<void> {
    await this.#untilDone(`delete the exchange ${channel}`, signal, async (amqp) => {
      await amqp.deleteExchange(channel);
    });
  }

  async removeGroups(groups: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#untilDone('delete the queues', signal, async (amqp) => {
      for (const group of groups) {
        for (const queue of [group, waitQueue(group), deadQueue(group)]) await amqp.deleteQueue(queue);
      }
    });
  }

  /** Channels have no partitions that somebody could lead. */
  async leaders(): Promise<readonly Leader[]> {
    return [];
  }

  async lagging(channel: string, signal: AbortSignal): Promise<readonly string[]> {
    if (this.#plan.queue !== 'quorum' || this.#plan.nodes === 1) return [];
    if (this.#plan.attach === undefined) return askBehind(this.#access.nodes, '/', `${channel}-`, signal);
    throw new Error('of an attached cluster nobody knows which nodes are to have copies');
  }

  async drained(_channel: string, group: string, signal: AbortSignal): Promise<DrainAnswer> {
    try {
      return await this.#drains.ask(group, signal);
    } catch (error) {
      return { proven: false, proof: messageOf(error) };
    }
  }

  async version(signal: AbortSignal): Promise<string> {
    const { server } = await this.#connected(signal);
    const { product = 'AMQP 0-9-1', version = '', platform } = server;
    return `${String(product)} ${String(version)}${platform === undefined ? '' : ` on ${String(platform)}`}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#connection?.close();
  }

  /** A quorum queue is as durable as the note of where its log is (see `writeTables`): that, too, has to be on disk. */
  async #written(signal: AbortSignal): Promise<void> {
    if (this.#plan.attach === undefined) await writeTables(this.#access.nodes, signal);
    else await pause(youngMs, signal);
  }

  async #connected(signal: AbortSignal): Promise<Connection> {
    if (this.#closing.signal.aborted) throw new Error('the connection was closed');
    if (this.#connection === undefined || this.#connection.lost.aborted) {
      this.#connection = await connectToAny(this.#access, 0, signal);
    }
    return this.#connection;
  }

  async #exists(exchange: string, signal: AbortSignal): Promise<boolean> {
    let found = false;
    await this.#untilDone(`ask for the exchange ${exchange}`, signal, async (amqp) => {
      try {
        await amqp.checkExchange(exchange);
        found = true;
      } catch (error) {
        if ((error as { code?: number }).code !== 404) throw error;
      }
    });
    return found;
  }

  /** Repeats what failed for the moment, each time on a channel of its own: an error is the end of a channel. */
  async #untilDone(
    what: string,
    signal: AbortSignal,
    step: (amqp: AmqpChannel, connection: Connection) => Promise<void>,
  ): Promise<void> {
    using deadline = new Deadline(readyMs, signal);
    let failure: unknown;
    while (!deadline.over) {
      try {
        const connection = await this.#connected(deadline.signal);
        const amqp = await within(connection.model.createChannel(), { what, boundMs: stepMs, signal });
        amqp.on('error', () => {}); // the call that it belongs to rejects
        await within(step(amqp, connection), { what, boundMs: stepMs, signal });
        await within(amqp.close(), { what, boundMs: stepMs, signal }).catch(() => undefined);
        return;
      } catch (error) {
        if (!(error instanceof AbortedError)) failure = error;
        if (isFinal(error)) break;
      }
      await pause(pollMs, deadline.signal);
    }
    throwIfAborted(signal);
    throw setupError(`cannot ${what}: ${messageOf(failure)}`, 'broker-refuses', { cause: failure });
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && /ACCESS_REFUSED|403|NOT_ALLOWED/.test(error.message);
}

function isFinal(error: unknown): boolean {
  return error instanceof Error && /ACCESS_REFUSED|PRECONDITION_FAILED|NOT_ALLOWED/.test(error.message);
}

function channelExists(name: string): ToolError {
  const hint = 'choose another name: an exchange that mqchaos did not make is never touched';
  return setupError(`the exchange ${name} exists already`, 'channel-exists', { hint });
}

function setupError(message: string, code: string, more: { cause?: unknown; hint?: string } = {}): ToolError {
  return new ToolError(message, { code, ...more, exitCode: exitCodes.setup });
}

/** The runner's connection: topics, leaders, version, drain. Every question is asked now and has its own deadline. */

import { createRequire } from 'node:module';
import { counted } from '../../../counted.ts';
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { AbortedError, Deadline, noAbort, pause, throwIfAborted } from '../../../wait.ts';
import type { Channel } from '../../channel.ts';
import type { Admin, BrokerAccess, DrainAnswer } from '../../driver.ts';
import { logEnds } from './log-ends.ts';
import { openWire, type TopicSpec, type Wire } from './wire.ts';

const requestMs = 5_000;
const reachMs = 5_000;
const readyMs = 30_000;
const pollMs = 100;

export async function openAdmin(access: BrokerAccess): Promise<Admin> {
  const wire = await openWire(access, requestMs);
  try {
    await reach(access, wire);
  } catch (error) {
    wire.end();
    throw error;
  }
  return new KafkaAdmin(wire);
}

/** At least one address must answer, within a few seconds, or nothing that follows makes sense. */
async function reach({ bootstrap }: BrokerAccess, wire: Wire): Promise<void> {
  using deadline = new Deadline(reachMs, noAbort);
  let failure: unknown;
  let handedOut: readonly string[] = [];
  while (!deadline.over && !isDenied(failure)) {
    try {
      // No topic has this name: what counts is that somebody speaks the protocol and lets us in.
      const { brokers } = await wire.metadata('mqchaos-reach', deadline.signal);
      handedOut = brokers.map(({ address }) => address);
      await reachAny(handedOut, bootstrap, wire, deadline.signal);
      return;
    } catch (error) {
      if (!(error instanceof AbortedError)) failure = error;
      await pause(pollMs, deadline.signal);
    }
  }
  if (handedOut.length > 0) {
    throw setupError(
      `${bootstrap.join(', ')} answers and tells clients to connect to ${handedOut.join(', ')}, which nobody reaches ` +
        `from here: ${messageOf(failure ?? 'no answer')}`,
      'advertised-unreachable',
      { cause: failure, hint: 'let it advertise an address that leads to it from this machine: docs/containers.md' },
    );
  }
  throw new ToolError(
    `no broker answers at ${bootstrap.join(', ')}: ${messageOf(failure ?? 'connected, but no answer')}`,
    {
      code: 'broker-unreachable',
      hint: isDenied(failure)
        ? 'check the user name, the password and the mechanism'
        : 'check that the broker runs, that clients can reach the address that it advertises, and whether it wants TLS',
      cause: failure,
      exitCode: exitCodes.setup,
    },
  );
}

/** Brokers are connected to at the addresses that they hand out. @throws the first error when none of them answers. */
async function reachAny(
  handedOut: readonly string[],
  bootstrap: readonly string[],
  wire: Wire,
  signal: AbortSignal,
): Promise<void> {
  if (handedOut.length === 0 || handedOut.some((address) => bootstrap.includes(address))) return; // it has just answered
  const answers = await Promise.allSettled(handedOut.map((address) => wire.apiVersions(address, signal)));
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (answers.every(({ status }) => status === 'rejected')) throw failed?.reason;
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && (error.name === 'KafkaJSSASLAuthenticationError' || error.message.includes('SASL'));
}

/** Error codes that are told apart here. */
const codes = {
  none: 0,
  unknownTopic: 3,
  requestTimedOut: 7,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  topicExists: 36,
  notController: 41,
  nonEmptyGroup: 68,
  groupNotFound: 69,
};
const passing = [
  codes.requestTimedOut,
  codes.coordinatorLoading,
  codes.coordinatorNotAvailable,
  codes.notCoordinator,
  codes.notController,
  codes.nonEmptyGroup,
];

class KafkaAdmin implements Admin {
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  async declare(channel: Channel, signal: AbortSignal): Promise<void> {
    const { name: topic, partitions = 1, replication } = channel;
    const spec: TopicSpec = { topic, partitions, ...(replication === undefined ? {} : { replication }) };
    const found = await this.#wire.metadata(topic, signal).catch((cause: unknown) => {
      throwIfAborted(signal);
      throw setupError(`cannot ask for the topic ${topic}: ${messageOf(cause)}`, 'topic-not-created', { cause });
    });
    if (found.partitions.length > 0) throw topicExists(topic);
    // A request whose answer was lost may have made it; then it is ours, for it was not there a moment ago.
    let maybeMade = false;
    const code = await this.#untilDone('create the topic', topic, signal, async () => {
      const controller = await this.#controller(topic, signal);
      const before = maybeMade;
      maybeMade = true;
      const answer = await this.#wire.createTopic(controller, spec, signal);
      if (answer === codes.topicExists && before) return codes.none;
      // Any other answer says that nothing was made by this request.
      if (answer !== codes.requestTimedOut) maybeMade = before;
      return answer;
    });
    if (code === codes.topicExists) throw topicExists(topic);
    if (code !== codes.none) throw setupError(`cannot create the topic ${topic}: ${nameOf(code)}`, 'topic-not-created');
    await this.#untilReady(spec, signal);
  }

  async remove(topic: string, signal: AbortSignal): Promise<void> {
    const code = await this.#untilDone('delete the topic', topic, signal, async () =>
      this.#wire.deleteTopic(await this.#controller(topic, signal), topic, signal),
    );
    if (code !== codes.none && code !== codes.unknownTopic) {
      throw setupError(`cannot delete the topic ${topic}: ${nameOf(code)}`, 'topic-not-deleted');
    }
    await this.#untilGone(topic, signal);
  }

  /** A member that was killed keeps its group from being deleted until its session has expired: tried until then. */
  async removeGroups(groups: readonly string[], signal: AbortSignal): Promise<void> {
    for (const group of groups) {
      const code = await this.#untilDone('delete the group', group, signal, () =>
        this.#wire.deleteGroup(group, signal),
      );
      if (code === codes.none || code === codes.groupNotFound) continue;
      throw setupError(`cannot delete the group ${group}: ${nameOf(code)}`, 'group-not-deleted');
    }
  }

  async leaders(topic: string, signal: AbortSignal): Promise<readonly { partition: number; address: string }[]> {
    const { partitions } = await this.#wire.metadata(topic, signal);
    return partitions.flatMap(({ partition, address }) => (address === undefined ? [] : [{ partition, address }]));
  }

  async lagging(topic: string, signal: AbortSignal): Promise<readonly string[]> {
    const { partitions } = await this.#wire.metadata(topic, signal);
    return partitions.filter(({ behind }) => behind > 0).map(({ partition }) => `partition ${partition}`);
  }

  async drained(topic: string, group: string, signal: AbortSignal): Promise<DrainAnswer> {
    try {
      return await this.#drained(topic, group, signal);
    } catch (error) {
      return { proven: false, proof: messageOf(error) };
    }
  }

  channels(signal: AbortSignal): Promise<readonly string[]> {
    return this.#wire.topics(signal);
  }

  /** Kafka does not name its version to clients; the requests that it serves tell it. */
  async version(signal: AbortSignal): Promise<string> {
    const { brokers, cluster } = await this.#wire.metadata('mqchaos-version', signal);
    const address = brokers[0]?.address;
    if (address === undefined) return 'unknown';
    const versions = await this.#wire.apiVersions(address, signal);
    const served = `Produce to v${versions.get(0)}, Fetch to v${versions.get(1)}, ${versions.size} requests`;
    return `Kafka protocol (${served})${cluster === undefined ? '' : `, cluster ${cluster}`}, brokers: ${brokers.length}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#wire.end();
  }

  async #drained(topic: string, group: string, signal: AbortSignal): Promise<DrainAnswer> {
    const metadata = await this.#wire.metadata(topic, signal);
    const total = metadata.partitions.length;
    if (total === 0) return { proven: false, proof: `the broker does not know the topic ${topic}` };
    // Committed first: what is appended in between can only turn the answer into "not yet".
    const partitions = metadata.partitions.map(({ partition }) => partition);
    const committed = await this.#wire.committed(group, topic, partitions, signal);
    const { ends, missing } = await logEnds(this.#wire, topic, metadata, signal);
    const open = missing.map(({ partition, reason }) => `partition ${partition}: ${reason}`);
    const beyond: string[] = [];
    let left = 0;
    for (const { partition, first, end } of ends) {
      const answer = committed.find((candidate) => candidate.partition === partition);
      if (answer === undefined || answer.error !== codes.none) {
        open.push(`partition ${partition}: ${answer === undefined ? 'not in the answer' : nameOf(answer.error)}`);
        continue;
      }
      // The log was cut: what has been appended since then may take positions that count as consumed, and be read by nobody.
      if (answer.offset > end) {
        beyond.push(`partition ${partition}: committed ${answer.offset}, but the log ends at ${end}`);
        continue;
      }
      // Nothing committed is as good as the start of the log: in a partition that holds nothing there is nothing to do.
      const position = Math.max(answer.offset, first);
      if (position < end) open.push(`partition ${partition}: ${position} of ${end}`);
      left += end - position;
    }
    if (open.length > 0 || beyond.length > 0) return { proven: false, proof: [...beyond, ...open].join(', '), left };
    return { proven: true, left, proof: `committed = end in ${total} of ${counted(total, 'partition')}` };
  }

  async #controller(topic: string, signal: AbortSignal): Promise<string> {
    const { controller, brokers } = await this.#wire.metadata(topic, signal);
    const address = controller ?? brokers[0]?.address;
    if (address === undefined) throw new Error('the cluster names no broker');
    return address;
  }

  /** Repeats what failed for the moment; the code that it ends with, or a ToolError. */
  async #untilDone(what: string, name: string, signal: AbortSignal, ask: () => Promise<number>): Promise<number> {
    using deadline = new Deadline(readyMs, signal);
    let failure: unknown;
    while (!deadline.over) {
      try {
        const code = await ask();
        if (!passing.includes(code)) return code;
        failure = new Error(nameOf(code));
      } catch (error) {
        failure = error;
      }
      await pause(2 * pollMs, deadline.signal);
    }
    throwIfAborted(signal);
    throw setupError(`cannot ${what} ${name}: ${messageOf(failure)}`, 'broker-refuses', { cause: failure });
  }

  /** A controller that has deleted a topic tells its brokers afterwards: until then it can still be seen. */
  async #untilGone(topic: string, signal: AbortSignal): Promise<void> {
    using deadline = new Deadline(readyMs, signal);
    let last = 'no answer';
    while (!deadline.over) {
      try {
        const { partitions } = await this.#wire.metadata(topic, deadline.signal);
        if (partitions.length === 0) return;
        last = 'it can still be seen';
      } catch (error) {
        if (!(error instanceof AbortedError)) last = messageOf(error);
      }
      await pause(pollMs, deadline.signal);
    }
    throwIfAborted(signal);
    throw setupError(`the topic ${topic} is not gone ${readyMs} ms after its deletion: ${last}`, 'topic-not-deleted');
  }

  /** Created is not yet usable: brokers learn of the topic one by one, and each partition needs a leader. */
  async #untilReady({ topic, partitions }: TopicSpec, signal: AbortSignal): Promise<void> {
    using deadline = new Deadline(readyMs, signal);
    let missing = 'no answer';
    while (!deadline.over) {
      try {
        const metadata = await this.#wire.metadata(topic, deadline.signal);
        const { ends } = await logEnds(this.#wire, topic, metadata, deadline.signal);
        if (ends.length === partitions) return;
        missing = `ready are ${ends.length} of ${counted(partitions, 'partition')}`;
      } catch (error) {
        if (!(error instanceof AbortedError)) missing = messageOf(error);
      }
      await pause(pollMs, deadline.signal);
    }
    throwIfAborted(signal);
    throw setupError(`the topic ${topic} cannot be produced to: ${missing}`, 'topic-not-ready');
  }
}

function topicExists(topic: string): ToolError {
  const hint = 'choose another name: a topic that mqchaos did not make is never touched';
  return setupError(`the topic ${topic} exists already`, 'channel-exists', { hint });
}

function setupError(message: string, code: string, more: { cause?: unknown; hint?: string } = {}): ToolError {
  return new ToolError(message, { code, ...more, exitCode: exitCodes.setup });
}

function nameOf(code: number): string {
  const { errorCodes } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
    errorCodes: readonly { code: number; type: string }[];
  };
  return errorCodes.find((error) => error.code === code)?.type ?? `error ${code}`;
}

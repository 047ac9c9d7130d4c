/** What a worker is checked against: a broker of the kind that comes with mqchaos, and a look into its log. */
import { join } from 'node:path';
import { runMark } from '../../cluster/process.ts';
import type { Channel } from '../../products/channel.ts';
import type { Admin, BrokerAccess, Driver, IncomingMessage, ProducerClient } from '../../products/driver.ts';
import { decodeEnvelope, encodeEnvelope, runTag } from '../../products/envelope.ts';
import { included, usualCluster } from '../../products/registry.ts';
import { noAbort, poll } from '../../wait.ts';
import type { ConsumerHello, ProducerHello } from '../../workers/own/protocol.ts';
import { StandingCluster } from '../standing/cluster.ts';
import { standingSettings } from '../standing/settings.ts';
import { demand } from './step.ts';
import { Subject } from './subject.ts';

export const partitions = 4;
export const timeoutMs = 3000;
const payloadBytes = 256;
const sendBoundMs = 20_000;
const sendAgainMs = 100;
const sessionTimeoutMs = 2000;
/** Of identities: there is one sender. */
const producer = 1;
const topic = 'mqchaos-worker-check';

export interface StoredMessage {
  readonly seq: number;
  readonly partition: number;
  readonly position: number;
  readonly whole: boolean;
}

export class Stand implements AsyncDisposable {
  readonly group = `${topic}-group`;
  readonly channel: Channel = { name: topic, groups: [this.group], partitions };
  readonly #argv: readonly string[];
  readonly #cluster: StandingCluster;
  readonly #driver: Driver;
  readonly #access: BrokerAccess;
  readonly #admin: Admin;
  readonly #tag = runTag(topic);
  readonly #subjects: Subject[] = [];
  #sender: ProducerClient | undefined;
  #next = 0;
  #fault: string | undefined;

  private constructor(argv: readonly string[], cluster: StandingCluster, access: BrokerAccess, parts: [Driver, Admin]) {
    this.#argv = argv;
    this.#cluster = cluster;
    this.#access = access;
    [this.#driver, this.#admin] = parts;
  }

  /** @throws ToolError (exit 4) when there is no broker; nothing is left running then. */
  static async open(argv: readonly string[]): Promise<Stand> {
    const settings = standingSettings({ flush: 'sync' });
    const cluster = await StandingCluster.start({ settings, topics: [{ topic, partitions }], seed: 1 }, () => {});
    try {
      const bootstrap = cluster.status.bootstrap.split(',');
      const access = { bootstrap, nodes: [], cluster: usualCluster(included), clientId: 'mqchaos-worker-check' };
      const driver = await included.driver();
      return new Stand(argv, cluster, access, [driver, await driver.admin(access)]);
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts the worker, and says hello. */
  async start(role: 'producer' | 'consumer'): Promise<Subject> {
    const client = included.foreignClient?.(this.#access, role);
    if (client === undefined) throw new Error(`${included.name} has no settings for clients of others`);
    const name = `${role}.${this.#subjects.length + 1}`;
    const greeting = {
      ...({ type: 'hello', protocol: 1 } as const),
      ...{ name, topic, partitions, bootstrap: this.#access.bootstrap, connection: client.connection },
    };
    const hello: ProducerHello | ConsumerHello =
      role === 'producer'
        ? { ...greeting, role, acks: 'all', idempotent: false, timeoutMs, window: 200 }
        : { ...greeting, role, group: this.group, sessionTimeoutMs, commit: 'after' };
    const subject = await Subject.start({
      ...{ argv: this.#argv, cwd: process.cwd(), hello },
      environment: { ...client.secrets, [runMark]: this.#cluster.folder.path },
      stderrFile: join(this.#cluster.folder.path, `${name}.log`),
    });
    this.#subjects.push(subject);
    return subject;
  }

  /** Whatever has been said, in all of the worker's lives, that no right worker says. */
  get complaints(): string[] {
    return this.#subjects.flatMap(({ complaints }) => complaints);
  }

  /** The next messages, each with its bytes. */
  messages(count: number): { readonly seq: number; readonly partition: number; readonly value: Buffer }[] {
    return Array.from({ length: count }, () => {
      const seq = this.#next;
      this.#next += 1;
      const partition = seq % partitions;
      const identity = { producer, seq, attempt: 1, partition, sentAtNs: 0 };
      return { seq, partition, value: encodeEnvelope(this.#tag, identity, Buffer.alloc(payloadBytes, seq & 0xff)) };
    });
  }

  /** Which message it is; undefined: none that was ever made here, or not with these bytes. */
  identify(value: Buffer): number | undefined {
    const envelope = decodeEnvelope(value, this.#tag);
    return envelope?.ours && envelope.bodyGood && envelope.seq < this.#next ? envelope.seq : undefined;
  }

  /** Sends messages with a client of ours; resolves when each is stored. Returns their sequences. */
  async put(count: number): Promise<number[]> {
    this.#sender ??= await this.#driver.producer(this.#access, {
      ...{ channel: this.channel, acks: 'all', oneway: false, idempotent: false, timeoutMs, signal: noAbort },
    });
    const sender = this.#sender;
    const sent = this.messages(count);
    for (const { seq, partition, value } of sent) {
      const stored = await poll(
        async () => {
          const { outcome } = await sender.send({ producer, seq, attempt: 1, partition, value });
          return outcome === 'acked' ? true : undefined;
        },
        { everyMs: sendAgainMs, boundMs: sendBoundMs, signal: noAbort },
      );
      if (stored === undefined) throw new Error(`the broker did not take a message within ${sendBoundMs / 1000} s`);
    }
    return sent.map(({ seq }) => seq);
  }

  /** All that the broker's log holds now, by the message. */
  async log(): Promise<ReadonlyMap<number, readonly StoredMessage[]>> {
    const { read } = this.#driver;
    if (read === undefined) throw new Error(`${included.name} has no independent reader`);
    const stored = new Map<number, StoredMessage[]>();
    const options = { channel: this.channel, group: `${topic}-reader`, signal: noAbort };
    const onMessage = ({ value, partition = 0, position = 0 }: IncomingMessage): void => {
      const envelope = decodeEnvelope(value, this.#tag);
      if (envelope === undefined) return;
      const { seq } = envelope;
      const message = { seq, partition, position, whole: this.identify(value) !== undefined };
      stored.set(seq, [...(stored.get(seq) ?? []), message]);
    };
    const reads = await read.call(this.#driver, this.#access, options, onMessage);
    const unread = reads.find(({ complete }) => !complete);
    const why = `partition ${unread?.partition} cannot be read: ${unread?.reason}; see compression.type in the hello`;
    demand(unread === undefined, why);
    return stored;
  }

  /** Whether the group has committed everything, in the broker's words. */
  async drained(boundMs: number): Promise<{ readonly proven: boolean; readonly proof: string }> {
    let last = { proven: false, proof: 'the broker was not asked' };
    await poll(
      async () => {
        last = await this.#admin.drained(topic, this.group, noAbort);
        return last.proven ? true : undefined;
      },
      { everyMs: sendAgainMs, boundMs, signal: noAbort },
    );
    return last;
  }

  async killBroker(): Promise<void> {
    const { id } = await this.#cluster.inject({ do: 'kill', target: 'b1', parameters: [] });
    this.#fault = id;
  }

  async healBroker(): Promise<void> {
    if (this.#fault !== undefined) await this.#cluster.faults.heal(this.#fault);
    this.#fault = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subject of this.#subjects) await subject.kill();
    await this.#sender?.[Symbol.asyncDispose]();
    await this.#admin[Symbol.asyncDispose]();
    await this.#cluster[Symbol.asyncDispose]();
  }
}

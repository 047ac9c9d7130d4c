/**
 * One life of a consumer: from finding the primary to the first thing that goes wrong. Two connections, because a read
 * that blocks holds up everything else on its own. Reads are short, and each has a deadline.
 *
 * `settleOnDelivery` is not NOACK: the group would never be given again what is on its way to a consumer that dies, and
 * nobody would have had it. With `commit: before` a worker settles what it has received, before it does anything with it.
 */
import { messageOf } from '../../../errors.ts';
import { noAbort, pause } from '../../../wait.ts';
import type { BrokerAccess, ConsumerHandlers, ConsumerOptions } from '../../driver.ts';
import { HandedBatch } from './batch.ts';
import { readStreams } from './entries.ts';
import { partitionIn, streamsOf } from './keys.ts';
import { isReply, type Link, openLink } from './link.ts';
import { type Claimed, type GroupMember, Pending, type Place } from './pending.ts';
import { Servers } from './servers.ts';

const closeMs = 2_000;
const blockMs = 100;
const batchEntries = 200;
const checkPrimaryMs = 1_000;
const leastDeadlineMs = 2_000;

export class GroupSession {
  readonly #access: BrokerAccess;
  readonly #options: ConsumerOptions;
  readonly #handlers: ConsumerHandlers;
  readonly #member: GroupMember;
  readonly #places: readonly Place[];
  readonly #deadlineMs: number;
  /** No new batches; those in hand may still be settled. */
  readonly #stopping = new AbortController();
  /** Batches in hand, by partition. */
  readonly #inHand = new Map<number, Promise<void>>();
  readonly #links: Link[] = [];
  readonly #servers: Servers;
  #claimAtMs = 0;
  #closed: Promise<void> | undefined;
  #consuming: Promise<void> | undefined;

  constructor(access: BrokerAccess, options: ConsumerOptions, handlers: ConsumerHandlers, consumer: string) {
    const { channel, group, sessionTimeoutMs } = options;
    this.#access = access;
    this.#options = options;
    this.#handlers = handlers;
    this.#member = { group, consumer, sessionTimeoutMs, redelivery: channel.redelivery };
    this.#places = streamsOf(channel).map((stream) => ({ stream, partition: partitionIn(stream) }));
    this.#deadlineMs = Math.max(leastDeadlineMs, sessionTimeoutMs);
    this.#servers = new Servers(access);
  }

  /**
   * Resolves with the error that ended it, or undefined when it was closed. Never rejects.
   * @param joined called once it is consuming.
   */
  async run(joined: () => void): Promise<Error | undefined> {
    try {
      const { signal } = this.#stopping;
      const { address } = await this.#servers.primary(signal);
      const [reading, acting] = await Promise.all([this.#open(address), this.#open(address)]);
      await this.#ensureGroups(acting);
      const pending = new Pending(this.#member, acting, this.#deadlineMs);
      const deposed = this.#watchPrimary(address);
      this.#handlers.assigned(this.#places.map(({ partition }) => partition));
      joined();
      this.#consuming = this.#consume(reading, pending);
      await Promise.race([this.#consuming, deposed]);
      return undefined;
    } catch (error) {
      return this.#stopping.signal.aborted ? undefined : error instanceof Error ? error : new Error(messageOf(error));
    }
  }

  /** Batches in hand are finished: after trouble if that can be done at once, else however long it takes. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stopping.abort();
    const quiet = Promise.allSettled([this.#consuming]).then(() => Promise.allSettled(this.#inHand.values()));
    await (this.#options.signal.aborted ? quiet : Promise.race([quiet, pause(closeMs, noAbort)]));
    if (this.#consuming !== undefined) this.#handlers.revoked(this.#places.map(({ partition }) => partition));
    for (const link of this.#links) link.end();
    this.#servers[Symbol.dispose]();
  }

  async #open(address: string): Promise<Link> {
    const link = await openLink(this.#access, address, { signal: this.#stopping.signal });
    this.#links.push(link);
    return link;
  }

  /** As an application does when it starts: a server that came back empty has no groups. All of a stream is theirs. */
  async #ensureGroups(link: Link): Promise<void> {
    for (const { stream } of this.#places) {
      try {
        await link.ask(['XGROUP', 'CREATE', stream, this.#member.group, '0', 'MKSTREAM'], this.#deadlineMs);
      } catch (error) {
        if (!(isReply(error) && error.message.startsWith('BUSYGROUP'))) throw error; // it is there
      }
    }
  }

  /** Rejects when another server is the primary. */
  async #watchPrimary(address: string): Promise<never> {
    const { signal } = this.#stopping;
    while (true) {
      await pause(checkPrimaryMs, signal);
      if (signal.aborted || this.#servers.addresses.length === 1) return new Promise(() => {}); // there is no other
      const primary = await this.#servers.primary(signal).catch(() => undefined); // nobody says that he is it
      if (primary !== undefined && primary.address !== address)
        throw new Error(`${primary.address} is the primary now`);
    }
  }

  async #consume(reading: Link, pending: Pending): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#claimDue(pending);
      const free = this.#free();
      if (free.length === 0) {
        await Promise.race(this.#inHand.values());
        continue;
      }
      for (const [place, claimed] of await this.#read(reading, free)) {
        this.#hand(place, claimed, pending); // told to end or not: the read was a delivery to the server
      }
    }
  }

  #free(): Place[] {
    return this.#places.filter(({ partition }) => !this.#inHand.has(partition));
  }

  async #claimDue(pending: Pending): Promise<void> {
    if (performance.now() < this.#claimAtMs) return;
    this.#claimAtMs = performance.now() + Math.min(blockMs, pending.takeOverMs / 4);
    for (const place of this.#free()) {
      const claimed = await pending.claim(place, batchEntries);
      if (claimed.length === 0) continue;
      this.#claimAtMs = 0; // there may be more
      this.#hand(place, claimed, pending);
    }
  }

  async #read(link: Link, places: readonly Place[]): Promise<[Place, Claimed[]][]> {
    const { group, consumer } = this.#member;
    const streams = places.map(({ stream }) => stream);
    const command = [
      ...['GROUP', group, consumer, 'COUNT', batchEntries, 'BLOCK', blockMs],
      ...['STREAMS', ...streams, ...streams.map(() => '>')],
    ];
    const answer = readStreams(await link.askBytes(['XREADGROUP', ...command], blockMs + this.#deadlineMs));
    return places.flatMap((place): [Place, Claimed[]][] => {
      const entries = answer.get(place.stream) ?? [];
      return entries.length === 0 ? [] : [[place, entries.map((entry) => ({ entry, deliveries: 1 }))]];
    });
  }

  #hand(place: Place, claimed: readonly Claimed[], pending: Pending): void {
    const batch = new HandedBatch(place, claimed, pending);
    const handling = this.#deliver(batch).finally(() => this.#inHand.delete(place.partition));
    this.#inHand.set(place.partition, handling);
  }

  /** Never rejects. */
  async #deliver(batch: HandedBatch): Promise<void> {
    try {
      await this.#handlers.batch(batch);
    } catch {
      // what cannot be given back now stays pending, and is taken over when it has been idle for long enough
      await batch.giveBackOpen(this.#options.channel.redelivery?.delayMs).catch(() => undefined);
    }
  }
}

/**
 * What a group was given and has not settled. Entries that are idle for long enough are taken over, by whichever
 * consumer asks first: those of consumers that died, and those that were given back, whose idle time is set so that it
 * is long enough when their delay is over.
 */
import type { Channel } from '../../channel.ts';
import { type Entry, readEntries } from './entries.ts';
import { deadStreamOf } from './keys.ts';
import type { Link } from './link.ts';
import { moveToDead, setIdle } from './scripts.ts';

export interface GroupMember {
  readonly group: string;
  readonly consumer: string;
  readonly sessionTimeoutMs: number;
  readonly redelivery: Channel['redelivery'];
}

export interface Place {
  readonly stream: string;
  readonly partition: number;
}

export interface Claimed {
  readonly entry: Entry;
  readonly deliveries: number;
}

export class Pending {
  readonly #member: GroupMember;
  readonly #link: Link;
  readonly #deadlineMs: number;
  /** An idle time cannot be negative, so nothing may be taken over sooner than the longest delay. */
  readonly takeOverMs: number;

  constructor(member: GroupMember, link: Link, deadlineMs: number) {
    this.#member = member;
    this.#link = link;
    this.#deadlineMs = deadlineMs;
    this.takeOverMs = Math.max(member.sessionTimeoutMs, member.redelivery?.delayMs ?? 0);
  }

  /** Takes over what is due. What has had its last try already becomes a dead letter instead. */
  async claim(place: Place, count: number): Promise<Claimed[]> {
    const { group, consumer } = this.#member;
    const due = await this.#ask(['XPENDING', place.stream, group, 'IDLE', this.takeOverMs, '-', '+', count]);
    const found = (due as readonly [Buffer, Buffer, number, number][]).map(([id, , , deliveries]) => ({
      id: String(id),
      deliveries: Number(deliveries),
    }));
    const spent = found.filter(({ deliveries }) => this.isLastTry(deliveries));
    if (spent.length > 0)
      await this.end(
        place,
        spent.map(({ id }) => id),
      );
    const wanted = found.filter((one) => !spent.includes(one));
    if (wanted.length === 0) return [];
    const ids = wanted.map(({ id }) => id);
    const taken = readEntries(await this.#ask(['XCLAIM', place.stream, group, consumer, this.takeOverMs, ...ids]));
    const before = new Map(wanted.map(({ id, deliveries }) => [id, deliveries]));
    return taken.map((entry) => ({ entry, deliveries: (before.get(entry.id) ?? 0) + 1 }));
  }

  isLastTry(deliveries: number): boolean {
    const { redelivery } = this.#member;
    return redelivery !== undefined && deliveries > redelivery.attempts;
  }

  /** Keeps entries from being taken over by others for as long as that takes from now on. */
  async keep({ stream }: Place, ids: readonly string[]): Promise<void> {
    await this.#setIdle(stream, 0, ids);
  }

  /** Lets entries be taken over after the time. */
  async release({ stream }: Place, ids: readonly string[], afterMs: number): Promise<void> {
    await this.#setIdle(stream, Math.max(0, this.takeOverMs - Math.ceil(afterMs)), ids);
  }

  /** After the last try: to the dead letters, or dropped. */
  async end({ stream, partition }: Place, ids: readonly string[]): Promise<void> {
    const { group, redelivery } = this.#member;
    if (redelivery?.deadLetter === true) {
      await this.#ask(['EVAL', moveToDead, 2, stream, deadStreamOf(group), group, partition, ...ids]);
    } else {
      await this.#ask(['XACK', stream, group, ...ids]);
    }
  }

  /** @throws Error when not all of them were pending: of the others nobody knows who settled them. */
  async settle({ stream }: Place, ids: readonly string[]): Promise<void> {
    const settled = Number(await this.#ask(['XACK', stream, this.#member.group, ...ids]));
    if (settled < ids.length) throw new Error(`only ${settled} of ${ids.length} entries were still pending`);
  }

  async #setIdle(stream: string, idleMs: number, ids: readonly string[]): Promise<void> {
    const { group, consumer } = this.#member;
    await this.#ask(['EVAL', setIdle, 1, stream, group, consumer, idleMs, ...ids]);
  }

  #ask(command: readonly [string, ...(string | number)[]]): Promise<unknown> {
    return this.#link.askBytes(command, this.#deadlineMs);
  }
}

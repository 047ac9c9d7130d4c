/**
 * Whether a group has settled everything: every queue of the channel and of the group's retry topic was handed out to its
 * end, and nothing that was handed out is open (ledger.ts). Between the two questions the broker may move a message from
 * one to the other, so that the answer counts only when it was the same a second before.
 */
import { messageOf } from '../../../errors.ts';
import type { DrainAnswer } from '../../driver.ts';
import { askEnds, askGroupOffset, pull } from './broker.ts';
import { requests } from './codes.ts';
import type { Connections } from './connections.ts';
import { Ledger, parsePopRecord, type RevivePlace } from './ledger.ts';
import type { Masters } from './masters.ts';
import type { Share } from './queues.ts';
import { realTopic } from './topic-names.ts';

const timerTopic = 'rmq_sys_wheel_timer';
const reviveGroup = 'CID_RMQ_SYS_REVIVE_GROUP';
const auditGroup = 'mqchaos-audit';
const apartMs = 1_000;
const batch = 1024;

interface Watched {
  readonly channel: string;
  readonly group: string;
  readonly shares: readonly Share[];
}

export class Drain {
  readonly #watched: Watched;
  readonly #connections: Connections;
  readonly #masters: Masters;
  readonly #sets = new Map<string, SetDrain>();
  #emptySinceMs: number | undefined;

  constructor(watched: Watched, connections: Connections, masters: Masters) {
    this.#watched = watched;
    this.#connections = connections;
    this.#masters = masters;
  }

  async ask(): Promise<DrainAnswer> {
    const missing: string[] = [];
    let left = 0;
    for (const share of this.#watched.shares) {
      try {
        const { unseen, open } = await this.#of(share).ask();
        left += unseen + open;
        if (unseen + open > 0)
          missing.push(`${share.set}: ${unseen} not handed out, ${open} handed out and not settled`);
      } catch (error) {
        missing.push(`${share.set}: ${messageOf(error)}`);
      }
    }
    if (missing.length > 0) {
      this.#emptySinceMs = undefined;
      return { proven: false, proof: missing.join('; '), left };
    }
    this.#emptySinceMs ??= performance.now();
    if (performance.now() - this.#emptySinceMs < apartMs)
      return { proven: false, proof: 'asked once; to be asked again', left };
    const sets = this.#watched.shares.map(({ set }) => set).join(', ');
    return { proven: true, left, proof: `all handed out, and no check point of POP without its ack, on ${sets}` };
  }

  #of(share: Share): SetDrain {
    const known = this.#sets.get(share.set);
    if (known !== undefined) return known;
    const master = (): string => {
      const address = this.#masters.of(share.set);
      if (address === undefined) throw new Error('no master');
      return address;
    };
    const made = new SetDrain(this.#watched, share, this.#connections, async () => {
      await this.#masters.refresh();
      return master();
    });
    this.#sets.set(share.set, made);
    return made;
  }
}

interface Reading {
  readonly topic: string;
  readonly queue: number;
  /** Where to go on. */
  at: number | undefined;
}

/** One set of brokers: its ledger is read on from where it was the last time. */
class SetDrain {
  readonly #topics: readonly { readonly topic: string; readonly queues: number }[];
  readonly #group: string;
  readonly #connections: Connections;
  readonly #master: () => Promise<string>;
  #readings: readonly Reading[] | undefined;
  #ledger: Ledger;

  constructor({ channel, group }: Watched, { queues }: Share, connections: Connections, master: () => Promise<string>) {
    this.#topics = [
      { topic: channel, queues },
      { topic: realTopic(channel, group, '1'), queues: 1 },
      { topic: realTopic(channel, group, '2'), queues: 1 },
    ];
    this.#group = group;
    this.#connections = connections;
    this.#master = master;
    this.#ledger = this.#newLedger();
  }

  async ask(): Promise<{ readonly unseen: number; readonly open: number }> {
    const address = await this.#master();
    this.#readings ??= await this.#plan(address);
    for (const reading of this.#readings) await this.#readOn(address, reading);
    const passed = await this.#passed(address, this.#readings);
    const open = this.#ledger.openCount((queue) => passed.get(queue) ?? -1);
    return { unseen: await this.#unseen(address), open };
  }

  /** The timer's topic first: there each record is before it is in the revive log. */
  async #plan(address: string): Promise<Reading[]> {
    const { body } = await this.#connections.demand(address, requests.getBrokerConfig, {}, 'configuration');
    const config = new Map(
      body
        .toString()
        .split('\n')
        .map((line): [string, string] => {
          const at = line.indexOf('=');
          return [line.slice(0, at), line.slice(at + 1).trim()];
        }),
    );
    for (const key of ['popConsumerKVServiceEnable', 'useSeparateRetryQueue']) {
      if (config.get(key) === 'true')
        throw new Error(`${key} is on: what POP has handed out cannot be read from the store`);
    }
    const reviveTopic = `rmq_sys_REVIVE_LOG_${config.get('brokerClusterName')}`;
    const queues = Array.from({ length: Number(config.get('reviveQueueNum') ?? 8) }, (_, queue) => queue);
    return [
      { topic: timerTopic, queue: 0, at: undefined },
      ...queues.map((queue): Reading => ({ topic: reviveTopic, queue, at: undefined })),
    ];
  }

  async #readOn(address: string, reading: Reading): Promise<void> {
    const { topic, queue } = reading;
    const { first, end } = await askEnds(this.#connections, address, topic, queue);
    if (reading.at !== undefined && end < reading.at) return this.#restart(`${topic} was cut`);
    let at = reading.at ?? first;
    while (at < end) {
      const from = { group: auditGroup, topic, queueId: queue, offset: at, count: batch };
      const { records, next } = await pull(this.#connections, address, from);
      for (const record of records) {
        const parsed = parsePopRecord(record);
        const place: RevivePlace | undefined = topic === timerTopic ? undefined : { queue, offset: record.offset };
        if (parsed !== undefined) this.#ledger.take(parsed, place);
      }
      if (next <= at) throw new Error(`${topic}, queue ${queue}: nothing to read at ${at} of ${end}`);
      at = next;
      reading.at = at;
    }
    reading.at = at;
  }

  /** A broker that has lost its disk begins anew, and so does what is known of it. */
  #restart(why: string): never {
    this.#readings = undefined;
    this.#ledger = this.#newLedger();
    throw new Error(`${why}: read again`);
  }

  async #passed(address: string, readings: readonly Reading[]): Promise<ReadonlyMap<number, number>> {
    const revive = readings.filter(({ topic }) => topic !== timerTopic);
    const asked = revive.map(async ({ topic, queue }): Promise<[number, number]> => {
      const at = await askGroupOffset(this.#connections, address, { group: reviveGroup, topic, queueId: queue });
      return [queue, at ?? -1];
    });
    return new Map(await Promise.all(asked));
  }

  async #unseen(address: string): Promise<number> {
    let unseen = 0;
    for (const { topic, queues } of this.#topics) {
      for (let queueId = 0; queueId < queues; queueId += 1) {
        const { first, end } = await askEnds(this.#connections, address, topic, queueId);
        if (end === first) continue;
        const at = await askGroupOffset(this.#connections, address, { group: this.#group, topic, queueId });
        unseen += Math.max(0, end - Math.max(first, at ?? first));
      }
    }
    return unseen;
  }

  #newLedger(): Ledger {
    return new Ledger(
      this.#topics.map(({ topic }) => topic),
      this.#group,
    );
  }
}

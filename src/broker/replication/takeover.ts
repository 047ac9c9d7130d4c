import { messageOf } from '../errors.ts';
import type { NodeAddress, SetRoute } from '../routes/routes.ts';
import { isInSync } from '../routes/sets.ts';
import { connectPeer } from '../rpc/peer.ts';
import type { ResponseOf } from '../wire/api.ts';
import { lead, tail } from '../wire/apis/routes.ts';
import { code } from '../wire/codes.ts';
import { isAhead, type LogPoint } from './history.ts';
import type { Membership } from './membership.ts';
import { othersOf, peerTimeoutMs, pullBytes, type ReplicationParts, retryDelayMs } from './parts.ts';

/** Positions in the log. */
export interface Regained {
  /** Where the node's own log ended, and where it ended with what it took from replicas. */
  readonly from: number;
  readonly to: number;
  /** The replicas that answered last and whose logs are of one line with the node's own, each with the end of its log. */
  readonly replicas: readonly { readonly node: number; readonly end: number }[];
}

/**
 * How the node that the routes name as leader becomes leader: it makes sure that it has everything that was acknowledged,
 * syncs its log, and only then asks the name server for its leader epoch.
 *
 * Which replicas does it have to ask for entries that it may lack?
 * - None, if the set has no slaves or has had no leader yet, if the node was appointed in this life (because of what it
 *   has), or if it stopped cleanly before this start.
 * - Otherwise it was restarted and may have lost what it had not synced. It takes that from a replica whose log continues
 *   its own. For that an in-sync slave that was not restarted has to answer, because it has everything acknowledged, or
 *   else all in-sync slaves.
 */
export class Takeover {
  #regained: Regained | undefined;
  readonly #parts: ReplicationParts;
  readonly #membership: Membership;
  readonly #signal: AbortSignal;
  #isWhole: boolean;

  /** @param signal aborts when the node stops */
  constructor(parts: ReplicationParts, membership: Membership, cleanStop: boolean, signal: AbortSignal) {
    this.#parts = parts;
    this.#membership = membership;
    this.#isWhole = cleanStop;
    this.#signal = signal;
  }

  /** Whether nothing acknowledged can be missing here: this node was leader in this life, or stopped cleanly before it. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** What the replicas said when this node was last restarted and led again; undefined: nobody had to be asked. */
  get regained(): Regained | undefined {
    return this.#regained;
  }

  /** Returns the leader epoch, or undefined if the routes name another node as leader meanwhile. */
  async run(): Promise<number | undefined> {
    const { routing, store, self } = this.#parts;
    const set = this.#named;
    if (set === undefined) return undefined;
    // In a set without slaves nobody else can be leader, so this works without the name server.
    if (set.epoch > 0 && othersOf(set, self).length === 0) return await this.#confirmed(set.epoch);
    const isFirst = set.epoch === 0;
    const isChosen = set.life === self.life;
    if (!isFirst && !isChosen && !(await this.#regain())) return undefined;
    await store.log.sync();
    while (this.#named !== undefined) {
      const epoch = await this.#askToLead();
      if (epoch !== undefined) return await this.#confirmed(epoch);
      await routing.pause(retryDelayMs);
    }
    return undefined;
  }

  async #confirmed(epoch: number): Promise<number> {
    await this.#membership.confirm();
    this.#isWhole = true;
    return epoch;
  }

  /** The set, as long as the routes name this node as its leader. */
  get #named(): SetRoute | undefined {
    const { routing, self } = this.#parts;
    const isOver = this.#signal.aborted || routing.stopped;
    return !isOver && routing.set?.leader === self.id ? routing.set : undefined;
  }

  async #askToLead(): Promise<number | undefined> {
    const { routing, self, settings } = this.#parts;
    try {
      const answer = await routing.ask(lead, { setId: settings.set, leader: self }, peerTimeoutMs, this.#signal);
      await routing.knows(answer.version, peerTimeoutMs);
      const set = this.#named;
      return answer.errorCode === code.NONE && set?.life === self.life ? set.epoch : undefined;
    } catch {
      // The name server is not reachable. A set with slaves has to wait for it, else there might be two leaders.
      return undefined;
    }
  }

  /** Takes the entries that other replicas have in addition. False if the routes name another leader meanwhile. */
  async #regain(): Promise<boolean> {
    const { routing, store, world } = this.#parts;
    if (this.#isWhole && !this.#membership.isBlank) return true;
    let told = false;
    const from = store.log.end;
    for (let set = this.#named; set !== undefined; set = this.#named) {
      const answers = await this.#askAll(set);
      const { end: own, epochs } = store.log;
      const replicas = answers
        .filter(({ extends: continues, lastEpoch, end }) => continues || (lastEpoch === epochs.last && end <= own))
        .map(({ node, end }) => ({ node: node.id, end }));
      // No entry is taken before enough replicas have answered: the in-sync replicas may have replaced entries that a
      // replica which is not in-sync still has.
      if (this.#isEnough(answers)) {
        const best = answers
          .filter(({ extends: continues, end }) => continues && end > store.log.end)
          .sort(byProgress)[0];
        this.#regained = { from, to: store.log.end, replicas };
        if (best === undefined) return true;
        if (await this.#take(best.node)) continue;
      }
      if (!told) world.log('waiting for the replicas that may have what this node lost');
      told = true;
      await routing.pause(retryDelayMs);
    }
    return false;
  }

  #isEnough(answers: readonly TailAnswer[]): boolean {
    const { routing, settings, self } = this.#parts;
    const set = this.#named;
    // Routes from before this start may be old: only those that the name server sent since then say who is in-sync.
    if (set === undefined || !routing.registration.registered) return false;
    const others = othersOf(set, self);
    const answered = (id: number) => answers.some(({ node }) => node.id === id);
    if (this.#membership.isBlank) return others.every(({ id }) => answered(id));
    if (settings.replication === 'async') return true;
    const intact = answers.some(({ node, life }) => isInSync(set, { id: node.id, life }));
    return intact || set.inSync.every(({ id }) => id === self.id || answered(id));
  }

  async #askAll(set: SetRoute): Promise<TailAnswer[]> {
    const asked = othersOf(set, this.#parts.self).map((node) => this.#ask(node, 0).catch(() => undefined));
    return (await Promise.all(asked)).filter((answer) => answer !== undefined);
  }

  /** Takes entries from one replica. Returns whether there were any. */
  async #take(node: NodeAddress): Promise<boolean> {
    const { log } = this.#parts.store;
    const from = log.end;
    try {
      for (let answer = await this.#ask(node, pullBytes); answer.data.length > 0; ) {
        await log.appendRaw(answer.data);
        if (this.#named === undefined) break;
        answer = await this.#ask(node, pullBytes);
      }
    } catch (error) {
      this.#parts.world.log(`cannot take the tail from node ${node.id}: ${messageOf(error)}`);
    }
    this.#parts.world.log(`took ${log.end - from} bytes from ${from} on from node ${node.id}`);
    return log.end > from;
  }

  async #ask(node: NodeAddress, maxBytes: number): Promise<TailAnswer> {
    const { world, store, settings } = this.#parts;
    const options = { signal: this.#signal, secret: settings.secret };
    await using peer = await connectPeer(world, node.host, node.port, peerTimeoutMs, options);
    const point = { lastEpoch: store.log.epochs.last, end: store.log.end };
    const answer = await peer.call(tail, { setId: settings.set, ...point, maxBytes }, peerTimeoutMs);
    if (answer.errorCode !== code.NONE) throw new Error(`error ${answer.errorCode}`);
    return { ...answer, node };
  }
}

type TailAnswer = ResponseOf<typeof tail> & { readonly node: NodeAddress };

function byProgress(one: LogPoint, other: LogPoint): number {
  return isAhead(one, other) ? -1 : 1;
}

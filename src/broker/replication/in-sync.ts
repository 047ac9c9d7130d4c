import { messageOf } from '../errors.ts';
import type { Life, SetRoute } from '../routes/routes.ts';
import { neverReached } from '../routes/routing.ts';
import { changeInSync } from '../wire/apis/routes.ts';
import { code } from '../wire/codes.ts';
import type { Timer } from '../world/world.ts';
import { othersOf, peerTimeoutMs, type ReplicationParts } from './parts.ts';
import { Slave } from './slave.ts';

/**
 * The leader's part in deciding which nodes are in-sync. The leader knows what each slave has confirmed, and asks the name
 * server for changes; the name server decides. Two rules keep every acknowledged entry on every in-sync node, whichever
 * messages are lost (KIP-497):
 *
 * - A slave leaves: the leader waits for its confirmations until the routes say that it is no longer in-sync. Before the
 *   leader asks for that, it syncs the entries that so far relied on the slave. If no other slave is left, entries that
 *   come later count as protected only when they are synced.
 * - A slave joins: the leader asks for it when it has everything that is protected. The leader waits for its confirmations
 *   from before it asks until it knows that the slave was refused. So no entry is ever protected that the slave lacks.
 */
export class InSync {
  readonly #parts: ReplicationParts;
  readonly #epoch: number;
  readonly #stopping: AbortSignal | undefined;
  readonly #slaves = new Map<number, Slave>();
  /** Slaves that the leader asked for and that were not refused: they may be in-sync already. By id, their lives. */
  readonly #joining = new Map<number, string>();
  readonly #forget: (() => void)[];
  /**
   * The leader asked for all slaves to leave and has no answer: it may already be the only in-sync node. After a restart
   * it would then not ask a slave for what it lost.
   */
  #lettingGo = false;
  #trouble = '';
  #timer: Timer | undefined;
  #asking: Promise<void> | undefined;
  #sequence = 0;
  #ended = false;
  #fenced = false;

  /** @param stopping aborts when the node stops */
  constructor(parts: ReplicationParts, epoch: number, stopping?: AbortSignal) {
    this.#parts = parts;
    this.#epoch = epoch;
    this.#stopping = stopping;
    this.#forget = [parts.routing.onChange(() => this.#look()), parts.store.log.onProgress(() => this.#update())];
    this.#update();
    this.#schedule();
  }

  /** Whether the name server has said that another node is leader. */
  get fenced(): boolean {
    return this.#fenced;
  }

  /** @param confirmed undefined: the slave has entries that this log does not have */
  pulled(slave: Life, confirmed: number | undefined): void {
    const { world, store } = this.#parts;
    this.#slave(slave.id).pulled(slave.life, confirmed, store.log.end, world.clock.nowMs());
    this.#look();
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#timer?.cancel();
    for (const forget of this.#forget) forget();
    await this.#asking;
  }

  #look(): void {
    this.#update();
    this.#consider();
  }

  #slave(id: number): Slave {
    let slave = this.#slaves.get(id);
    if (slave === undefined) {
      slave = new Slave(this.#parts.store.log.end, this.#parts.world.clock.nowMs());
      this.#slaves.set(id, slave);
    }
    return slave;
  }

  /** The slaves that must confirm an entry: those that are in-sync, may be in-sync already, or keep up. */
  #waitedFor(): Set<number> {
    const ids = new Set([...this.#granted().map(({ id }) => id), ...this.#joining.keys()]);
    for (const [id, slave] of this.#slaves) if (this.#keepsUp(slave)) ids.add(id);
    return ids;
  }

  #keepsUp(slave: Slave): boolean {
    return slave.keepsUp(this.#parts.world.clock.nowMs(), this.#parts.settings.replicaLagMs);
  }

  /** The slaves that are in-sync according to the routes. */
  #granted(): Life[] {
    return (this.#set()?.inSync ?? []).filter(({ id }) => id !== this.#parts.self.id);
  }

  /** The set in the routes; undefined if the routes are of another leader epoch. */
  #set(): SetRoute | undefined {
    const { set } = this.#parts.routing;
    return set?.epoch === this.#epoch ? set : undefined;
  }

  #update(): void {
    const set = this.#set();
    if (set === undefined || this.#ended) return;
    for (const { id, life } of set.inSync) if (this.#joining.get(id) === life) this.#joining.delete(id);
    const { log } = this.#parts.store;
    // While no slave is in-sync, no new entry is protected: it is neither acknowledged as replicated nor shown to
    // consumers. That changes when the name server knows of a slave that has it, which a restarted leader would then ask.
    const slaves = [...this.#waitedFor()].map((id) => this.#slave(id).confirmed);
    let confirmed = this.#granted().length === 0 ? log.ledFrom : Math.min(...slaves);
    if (this.#lettingGo) {
      confirmed = Math.min(confirmed, log.synced);
      // A sync that fails stops the log, and then nothing is acknowledged any more.
      if (log.synced < log.end) void log.sync().catch(() => {});
    }
    const demanded = this.#parts.settings.replication === 'sync';
    this.#parts.store.protection.replicated(demanded ? confirmed : undefined, set.inSync.length);
  }

  #schedule(): void {
    this.#timer = this.#parts.world.clock.setTimer(this.#parts.settings.replicaLagMs / 5, () => {
      const nowMs = this.#parts.world.clock.nowMs();
      for (const slave of this.#slaves.values()) slave.look(this.#parts.store.log.end, nowMs);
      this.#look();
      if (!this.#ended) this.#schedule();
    });
  }

  /** The slaves that should be in-sync; undefined if these are the ones that the routes name. */
  #wanted(set: SetRoute): Life[] | undefined {
    const { world, settings, store, self } = this.#parts;
    const wanted: Life[] = [];
    for (const { id } of othersOf(set, self)) {
      const slave = this.#slaves.get(id);
      const granted = set.inSync.find((one) => one.id === id);
      const hasAll = settings.replication === 'async' || (slave?.confirmed ?? 0) >= store.protection.position;
      if (slave !== undefined && this.#keepsUp(slave) && hasAll) {
        wanted.push({ id, life: slave.life });
      } else if (granted !== undefined && !this.#slave(id).lags(world.clock.nowMs(), settings.replicaLagMs)) {
        wanted.push(granted);
      }
    }
    const same = wanted.length === set.inSync.length - 1 && wanted.every((one) => holds(set.inSync, one));
    return same ? undefined : wanted;
  }

  #consider(): void {
    const set = this.#set();
    if (set === undefined || this.#ended || this.#asking !== undefined) return;
    const wanted = this.#wanted(set) ?? (this.#lettingGo ? this.#granted() : undefined);
    if (wanted === undefined) return;
    this.#asking = this.#ask(set, wanted)
      .then(
        () => '',
        (error: unknown) => messageOf(error),
      )
      .then((trouble) => {
        if (trouble !== '' && trouble !== this.#trouble && this.#stopping?.aborted !== true)
          this.#parts.world.log(`cannot change who is in-sync: ${trouble}`);
        this.#trouble = trouble;
        this.#asking = undefined;
      });
  }

  async #ask(set: SetRoute, wanted: readonly Life[]): Promise<void> {
    const { store, routing, settings, world } = this.#parts;
    for (const one of wanted) if (!holds(set.inSync, one)) this.#joining.set(one.id, one.life);
    const wasLettingGo = this.#lettingGo;
    this.#lettingGo ||= wanted.length === 0 && settings.replication === 'sync';
    if (set.inSync.some(({ id }) => id !== set.leader && !wanted.some((one) => one.id === id))) await store.log.sync();
    const inSync = [{ id: set.leader, life: set.life }, ...wanted];
    this.#sequence += 1;
    const request = { setId: settings.set, epoch: this.#epoch, sequence: this.#sequence, inSync };
    const answer = await routing.ask(changeInSync, request, peerTimeoutMs, this.#stopping).catch((error: unknown) => {
      if (neverReached(error)) this.#lettingGo = wasLettingGo;
      throw error;
    });
    this.#fenced ||= answer.errorCode === code.FENCED_LEADER_EPOCH;
    if (this.#fenced) return routing.nudge();
    if (answer.errorCode === code.NONE) world.log(`in-sync: ${inSync.map(({ id }) => id).join(' ')}`);
    // An earlier request may have been granted although its answer got lost. Only routes of this version or later tell.
    const isKnown = () => (routing.routes?.version ?? 0) >= answer.version;
    await routing.until(() => isKnown() || this.#ended, peerTimeoutMs);
    if (!isKnown()) return;
    this.#joining.clear();
    this.#lettingGo = false;
    this.#update();
  }
}

function holds(inSync: readonly Life[], { id, life }: Life): boolean {
  return inSync.some((one) => one.id === id && one.life === life);
}

import type { Clock } from '../../world/world.ts';
import type { CommitLog } from './commit-log.ts';
import { type Outcome, Waiters } from './waiters.ts';

export type FlushMode = 'async' | 'sync';

export interface ProtectionSettings {
  readonly flush: FlushMode;
  /** With `sync` nothing counts as protected before `replicated` has said so. */
  readonly replication: 'async' | 'sync';
}

/**
 * Up to where the log is as safe as the settings promise: written (flush async) or synced (flush sync) here, and
 * confirmed by the in-sync slaves (replication sync). Producers are answered by it and consumers see what is below it,
 * and nothing else decides either. It never goes back, except with a log that is cut; once the disk has failed it stays
 * where it is, because nobody knows what the disk holds behind it.
 */
export class Protection {
  readonly #log: CommitLog;
  readonly #flush: FlushMode;
  readonly #flushing: Waiters;
  readonly #protecting: Waiters;
  readonly #advanced = new Set<(position: number) => void>();
  readonly #interrupted = new Set<(reason: string) => void>();
  #confirmed: number | undefined;
  #copies = 1;
  #position = 0;
  #end = 0;

  constructor(log: CommitLog, clock: Clock, settings: ProtectionSettings) {
    this.#log = log;
    this.#flush = settings.flush;
    this.#confirmed = settings.replication === 'sync' ? 0 : undefined;
    this.#flushing = new Waiters(clock);
    this.#protecting = new Waiters(clock);
    log.onProgress(() => this.#update());
    this.#update();
  }

  get position(): number {
    return this.#position;
  }

  /** Up to where the local disk has done what the flush setting asks for. */
  get flushed(): number {
    return this.#flush === 'sync' ? this.#log.synced : this.#log.end;
  }

  /** Whether slaves must confirm. */
  get demandsReplicas(): boolean {
    return this.#confirmed !== undefined;
  }

  /** How many nodes must have an entry before it counts as protected, this one included. */
  get copies(): number {
    return this.#copies;
  }

  /**
   * Whether everything from before this leadership is protected. Until then the position may be behind what consumers
   * were shown by an earlier leader or in an earlier life, so "the latest" is not known yet (KIP-207).
   */
  get settled(): boolean {
    return this.#position >= this.#log.ledFrom;
  }

  /**
   * What the slaves have.
   * @param confirmed all in-sync slaves have everything below it; `undefined`: replication is not demanded
   * @param copies in-sync nodes, this one included
   */
  replicated(confirmed: number | undefined, copies = 1): void {
    this.#confirmed = confirmed;
    this.#copies = copies;
    // The last slave is out: what waited for it is safe nowhere else, though nothing holds it back any more.
    if (confirmed !== undefined && copies < 2) this.#protecting.endAll('late');
    this.#update();
  }

  /** Waits until everything below `position` is flushed, or protected. Without leadership that is `interrupted`. */
  async reached(position: number, what: 'flushed' | 'protected', timeoutMs: number): Promise<Outcome> {
    if (!this.#log.leads) return 'interrupted';
    if (this.#log.failure !== undefined) return 'failed';
    if (position <= (what === 'flushed' ? this.flushed : this.#position)) return 'reached';
    return await (what === 'flushed' ? this.#flushing : this.#protecting).add(position, timeoutMs);
  }

  /** Called with every new position; returns what ends that. */
  onAdvance(callback: (position: number) => void): () => void {
    this.#advanced.add(callback);
    return () => this.#advanced.delete(callback);
  }

  /** Called when leadership is lost; returns what ends that. */
  onInterrupt(callback: (reason: string) => void): () => void {
    this.#interrupted.add(callback);
    return () => this.#interrupted.delete(callback);
  }

  /** Leadership is lost: whoever waits will not learn here what becomes of his entry. */
  interrupt(reason: string): void {
    this.#flushing.endAll('interrupted');
    this.#protecting.endAll('interrupted');
    // What slaves confirmed beyond that may be replaced by the next leader.
    if (this.#confirmed !== undefined) this.#confirmed = Math.min(this.#confirmed, this.#position);
    for (const callback of [...this.#interrupted]) callback(reason);
  }

  #update(): void {
    if (this.#log.failure !== undefined) {
      this.#flushing.endAll('failed');
      this.#protecting.endAll('failed');
      return;
    }
    const { end } = this.#log;
    const cut = end < this.#end;
    this.#end = end;
    if (cut && this.#confirmed !== undefined) this.#confirmed = Math.min(this.#confirmed, end);
    const before = this.#position;
    const safe = Math.min(this.flushed, this.#confirmed ?? this.flushed);
    this.#position = Math.min(Math.max(before, safe), end);
    this.#flushing.advance(this.flushed);
    // After a cut everything was derived anew and is to be shown again.
    if (this.#position === before && !cut) return;
    this.#protecting.advance(this.#position);
    for (const callback of [...this.#advanced]) callback(this.#position);
  }
}

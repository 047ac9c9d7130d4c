import type { Clock } from '../../world/world.ts';
import type { CommitLog } from './commit-log.ts';
import { type Outcome, Waiters } from './waiters.ts';

export type FlushMode = 'async' | 'sync';

export interface ProtectionSettings {
  readonly flush: FlushMode;
  /** With `sync`, an entry counts as protected only when the in-sync slaves have it: see `replicated`. */
  readonly replication: 'async' | 'sync';
}

/**
 * Knows up to which position the log is as safe as the settings promise: written here (flush async) or synced here (flush
 * sync), and confirmed by the in-sync slaves (replication sync). This position alone decides when producers are answered
 * and what consumers see. It goes back only when the log is cut. When the disk has failed it no longer moves, because
 * nobody knows what the disk holds.
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

  /** The position up to which this node has done what its flush setting demands. */
  get flushed(): number {
    return this.#flush === 'sync' ? this.#log.synced : this.#log.end;
  }

  /** Whether an entry counts as protected only when slaves have confirmed it. */
  get demandsReplicas(): boolean {
    return this.#confirmed !== undefined;
  }

  /** How many nodes must have an entry before it counts as protected, this one included. */
  get copies(): number {
    return this.#copies;
  }

  /**
   * Whether everything that was written before this node became leader is protected. Until then, an earlier leader may
   * have shown consumers more than this node can, so this node does not know the latest offset yet (KIP-207).
   */
  get settled(): boolean {
    return this.#position >= this.#log.ledFrom;
  }

  /**
   * To be called when the slaves have confirmed more, or when other nodes are in-sync.
   * @param confirmed all in-sync slaves have everything below this position; `undefined`: no slave has to confirm
   * @param copies how many nodes are in-sync, this one included
   */
  replicated(confirmed: number | undefined, copies = 1): void {
    this.#confirmed = confirmed;
    this.#copies = copies;
    // The last slave is no longer in-sync. Entries that waited for it are on this node only, so no wait may end well.
    if (confirmed !== undefined && copies < 2) this.#protecting.endAll('late');
    this.#update();
  }

  /** Waits until everything below `position` is flushed, or protected. On a node that is not leader: `interrupted`. */
  async reached(position: number, what: 'flushed' | 'protected', timeoutMs: number): Promise<Outcome> {
    if (!this.#log.leads) return 'interrupted';
    if (this.#log.failure !== undefined) return 'failed';
    if (position <= (what === 'flushed' ? this.flushed : this.#position)) return 'reached';
    return await (what === 'flushed' ? this.#flushing : this.#protecting).add(position, timeoutMs);
  }

  /** Calls back with every new position. Returns a function that unregisters the callback. */
  onAdvance(callback: (position: number) => void): () => void {
    this.#advanced.add(callback);
    return () => this.#advanced.delete(callback);
  }

  /** Calls back when this node is no longer leader. Returns a function that unregisters the callback. */
  onInterrupt(callback: (reason: string) => void): () => void {
    this.#interrupted.add(callback);
    return () => this.#interrupted.delete(callback);
  }

  /** This node is no longer leader, so it cannot tell what becomes of the entries that someone waits for. */
  interrupt(reason: string): void {
    this.#flushing.endAll('interrupted');
    this.#protecting.endAll('interrupted');
    // The next leader may replace entries that slaves have confirmed but that are not protected yet.
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
    // After a cut the state was derived anew: it has to be shown again even if the position is the same.
    if (this.#position === before && !cut) return;
    this.#protecting.advance(this.#position);
    for (const callback of [...this.#advanced]) callback(this.#position);
  }
}

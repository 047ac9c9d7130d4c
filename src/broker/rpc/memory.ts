import type { Clock } from '../world/world.ts';

/** A connection whose peer does not read its answers. */
export interface Stalled {
  /** Closes it, and lets go of what it holds. */
  giveUp(): void;
}

/** How long a peer may leave its answers unread when others need the memory. */
const patienceMs = 10_000;

/**
 * How many bytes all connections of a node hold together: requests that have come, in part or whole, and are not answered
 * yet, and answers that were not read yet. It only counts, and closes connections whose peers do not read; who asks decides
 * everything else.
 */
export class Memory {
  readonly #limitBytes: number;
  readonly #clock: Pick<Clock, 'nowMs'>;
  /** Since when; whoever has waited longest comes first. */
  readonly #stalled = new Map<Stalled, number>();
  #heldBytes = 0;

  constructor(limitBytes: number, clock: Pick<Clock, 'nowMs'>) {
    this.#limitBytes = limitBytes;
    this.#clock = clock;
  }

  get isFull(): boolean {
    return this.#heldBytes >= this.#limitBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  hold(bytes: number): void {
    this.#heldBytes += bytes;
    if (bytes > 0 && this.isFull) this.#relieve(0);
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }

  /** Its peer has stopped to read. */
  stalls(connection: Stalled): void {
    this.#stalled.set(connection, this.#clock.nowMs());
  }

  /** Its peer has read everything, or is gone. */
  reads(connection: Stalled): void {
    this.#stalled.delete(connection);
  }

  /**
   * Holds what one answer may take now: so many bytes, or a quarter of what is left. Many that do not read their answers get
   * less and less, and so leave something to the others.
   */
  holdShare(bytes: number): number {
    if (bytes > this.#share) this.#relieve(Math.min(4 * bytes, this.#limitBytes / 2));
    const share = Math.max(0, Math.min(bytes, this.#share));
    this.hold(share);
    return share;
  }

  get #share(): number {
    return Math.floor((this.#limitBytes - this.#heldBytes) / 4);
  }

  /** Closes connections whose peers have not read for long, until more than so many bytes are free. */
  #relieve(wantedBytes: number): void {
    for (const [connection, sinceMs] of this.#stalled) {
      if (this.#limitBytes - this.#heldBytes > wantedBytes) return;
      if (this.#clock.nowMs() - sinceMs < patienceMs) return;
      this.#stalled.delete(connection);
      connection.giveUp();
    }
  }
}

/** What the leader knows about one slave: what the slave has confirmed, and whether it keeps up. */
export class Slave {
  /** The slave's life at its last pull; empty before the first pull. */
  life = '';
  /** The slave has everything below, as safe as the flush setting demands. It goes back if the slave has lost entries. */
  confirmed = 0;
  /** Where the log ended at `#sinceMs`. While the slave has not confirmed that, it is behind since that time. */
  #target: number;
  #sinceMs: number;
  /** Whether the slave, in its present life, has once confirmed everything that the log had at an earlier moment. */
  #caughtUp = false;

  constructor(end: number, nowMs: number) {
    this.#target = end;
    this.#sinceMs = nowMs;
  }

  /** @param confirmed undefined: the slave has entries that the leader does not have */
  pulled(life: string, confirmed: number | undefined, end: number, nowMs: number): void {
    if (life !== this.life) {
      this.life = life;
      this.#caughtUp = false;
    }
    this.confirmed = confirmed ?? 0;
    this.look(end, nowMs);
  }

  /** To be called now and then, so that a slave that has everything does not count as behind while nothing is written. */
  look(end: number, nowMs: number): void {
    if (this.confirmed < this.#target) return;
    this.#caughtUp ||= this.life !== '';
    this.#target = end;
    this.#sinceMs = nowMs;
  }

  /** Whether the slave has not confirmed an entry that was written more than `lagMs` ago. */
  lags(nowMs: number, lagMs: number): boolean {
    return this.confirmed < this.#target && nowMs - this.#sinceMs > lagMs;
  }

  /** Whether the slave pulls and does not lag, so that the leader may wait for its confirmations. */
  keepsUp(nowMs: number, lagMs: number): boolean {
    return this.#caughtUp && !this.lags(nowMs, lagMs);
  }
}

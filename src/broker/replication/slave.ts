/** What the leader knows of one slave: what it has confirmed, and whether it keeps up. */
export class Slave {
  /** The life that it pulled in last; empty before the first pull. */
  life = '';
  /** Everything below is at the slave, as safe as the flush setting asks. Goes back with a new life that lost some. */
  confirmed = 0;
  /** End of the log at `#sinceMs`; until it is confirmed, the time counts. */
  #target: number;
  #sinceMs: number;
  /** In this life it has confirmed what there was at an earlier pull. */
  #caughtUp = false;

  constructor(end: number, nowMs: number) {
    this.#target = end;
    this.#sinceMs = nowMs;
  }

  /** @param confirmed undefined: what it has is not on our history */
  pulled(life: string, confirmed: number | undefined, end: number, nowMs: number): void {
    if (life !== this.life) {
      this.life = life;
      this.#caughtUp = false;
    }
    this.confirmed = confirmed ?? 0;
    this.look(end, nowMs);
  }

  /** To be called now and then: a slave that has everything is not behind, however long nothing is written. */
  look(end: number, nowMs: number): void {
    if (this.confirmed < this.#target) return;
    this.#caughtUp ||= this.life !== '';
    this.#target = end;
    this.#sinceMs = nowMs;
  }

  /** Something that was written `lagMs` ago is not confirmed yet. */
  lags(nowMs: number, lagMs: number): boolean {
    return this.confirmed < this.#target && nowMs - this.#sinceMs > lagMs;
  }

  /** It pulls, and nothing says that it cannot follow: worth being waited for. */
  keepsUp(nowMs: number, lagMs: number): boolean {
    return this.#caughtUp && !this.lags(nowMs, lagMs);
  }
}

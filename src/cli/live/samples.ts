/** What happened in each of the last seconds: differences of what the run tells, so that nothing is counted twice. */
import type { RunView } from '../../run/watch.ts';

/** The second that ends with it. */
export interface Sample {
  readonly attempted: number;
  readonly acked: number;
  readonly received: number;
  readonly unknown: number;
  /** Not a difference: how many were left then. Absent: nobody had asked. */
  readonly left?: number;
}

/** A minute. */
export const mostSamples = 60;
const everyMs = 1000;

export class Samples {
  #taken: readonly Sample[] = [];
  #last: RunView['counters'] | undefined;
  #dueAtMs = 0;

  /** Takes a sample for every second that has passed. */
  look(nowMs: number, { counters, left }: RunView): void {
    this.#last ??= counters;
    if (this.#dueAtMs === 0) this.#dueAtMs = nowMs + everyMs;
    if (nowMs < this.#dueAtMs) return;
    const missed = Math.min(mostSamples, Math.floor((nowMs - this.#dueAtMs) / everyMs));
    const since = (key: 'attempted' | 'acked' | 'received' | 'unknown'): number =>
      Math.max(0, counters[key] - (this.#last?.[key] ?? 0)) / (1 + missed);
    const sample = {
      attempted: since('attempted'),
      acked: since('acked'),
      received: since('received'),
      unknown: since('unknown'),
      ...(left === undefined ? {} : { left }),
    };
    const added = Array.from({ length: 1 + missed }, () => sample);
    this.#taken = [...this.#taken, ...added].slice(-mostSamples);
    this.#last = counters;
    this.#dueAtMs += (1 + missed) * everyMs;
  }

  /** Oldest first. */
  get taken(): readonly Sample[] {
    return this.#taken;
  }
}

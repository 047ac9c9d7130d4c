/**
 * Whether the stores answer, as one process sees it: many failed calls are one outage, from the first that failed to the
 * first that worked again. An idle connection that ends is none: nobody asked.
 */
import type { EventBody } from '../journal/event.ts';
import type { TroubleCode } from './trouble.ts';

export type StoreSight =
  | { readonly state: 'reached'; readonly store: string; readonly failed?: FailedCalls }
  | { readonly state: 'lost'; readonly store: string; readonly why: TroubleCode; readonly failed?: FailedCalls };

export interface FailedCalls {
  /** Handed over, and not answered. */
  readonly calls: number;
  /** Tries to connect. */
  readonly connects: number;
}

export class StoreWatch implements Disposable {
  readonly #tell: (sight: StoreSight) => void;
  readonly #stores = new Map<string, WatchedStore>();

  constructor(tell: (sight: StoreSight) => void) {
    this.#tell = tell;
  }

  /** @param place names the store, without secrets. */
  of(place: string): WatchedStore {
    const known = this.#stores.get(place) ?? new WatchedStore(place, this.#tell);
    this.#stores.set(place, known);
    return known;
  }

  /** Nobody looks any more: of an outage that lasts, what it has cost so far. */
  [Symbol.dispose](): void {
    for (const store of this.#stores.values()) store.end();
  }
}

export class WatchedStore {
  readonly #store: string;
  readonly #tell: (sight: StoreSight) => void;
  #state: 'unknown' | 'lost' | 'reached' | 'ended' = 'unknown';
  #why: TroubleCode = 'store-unreachable';
  #failedAtMs = 0;
  /** When the last call or connection that was answered was begun. */
  #workedMs = 0;
  #calls = 0;
  #connects = 0;

  constructor(store: string, tell: (sight: StoreSight) => void) {
    this.#store = store;
    this.#tell = tell;
  }

  /** @param begunAtMs what failed late, while others that were begun after it were answered, is of an outage that is over. */
  failed(what: 'call' | 'connect', why: TroubleCode, begunAtMs: number): void {
    if (this.#state === 'ended' || (this.#state === 'reached' && begunAtMs < this.#workedMs)) return;
    this.#failedAtMs = performance.now();
    if (what === 'call') this.#calls += 1;
    else this.#connects += 1;
    if (this.#state === 'lost') return;
    this.#state = 'lost';
    this.#why = why;
    this.#tell({ state: 'lost', store: this.#store, why });
  }

  /** @param begunAtMs what was begun before the last failure may have been answered before it too. */
  worked(begunAtMs: number): void {
    this.#workedMs = Math.max(this.#workedMs, begunAtMs);
    if (this.#state === 'reached' || this.#state === 'ended' || begunAtMs < this.#failedAtMs) return;
    const failed = this.#takeFailed();
    this.#state = 'reached';
    this.#tell({ state: 'reached', store: this.#store, ...failed });
  }

  end(): void {
    if (this.#state === 'lost')
      this.#tell({ state: 'lost', store: this.#store, why: this.#why, ...this.#takeFailed() });
    this.#state = 'ended';
  }

  #takeFailed(): { failed?: FailedCalls } {
    if (this.#state !== 'lost') return {};
    const failed = { calls: this.#calls, connects: this.#connects };
    this.#calls = 0;
    this.#connects = 0;
    return { failed };
  }
}

/** What a journal says of it. */
export function storeEvent(sight: StoreSight, group: number, session: number): EventBody {
  const { state, store, failed } = sight;
  const why = sight.state === 'lost' ? { why: sight.why } : {};
  return { kind: 'store', state, group, session, detail: { store, ...why, ...failed } };
}

import { Serial } from '../../serial.ts';

/** The syncs of the log and whatever must not overlap with one, one after the other. */
export class SyncQueue {
  readonly #sync: () => Promise<void>;
  readonly #serial = new Serial();
  #next: Promise<void> | undefined;

  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** Syncs what was written before the call. Callers that come while a sync is in progress share the next one. */
  sync(): Promise<void> {
    this.#next ??= this.after(() => {
      this.#next = undefined;
      return this.#sync();
    });
    return this.#next;
  }

  /** Runs `work` after the syncs that were asked for before, and keeps later ones waiting meanwhile. */
  after(work: () => Promise<void>): Promise<void> {
    return this.#serial.run(work);
  }
}

import { messageOf } from '../../errors.ts';
import type { CommitLog } from '../log/commit-log.ts';
import type { DerivedState } from './derived.ts';

/**
 * Decides when a checkpoint is written: every so many bytes of log, when a deleted topic's indexes wait for it, and when
 * the log is closed. Appends go on meanwhile.
 */
export class Checkpointer {
  readonly #log: CommitLog;
  readonly #derived: DerivedState;
  readonly #everyBytes: number;
  readonly #tell: (line: string) => void;
  #last: number;
  #running: Promise<void> | undefined;
  #stopped = false;

  /**
   * @param last position of the checkpoint that there is
   * @param everyBytes 0: none is written
   */
  constructor(log: CommitLog, derived: DerivedState, last: number, everyBytes: number, tell: (line: string) => void) {
    this.#log = log;
    this.#derived = derived;
    this.#last = last;
    this.#everyBytes = everyBytes;
    this.#tell = tell;
    log.onWritten(() => this.#consider());
  }

  /** From here on none is begun. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** The last one, of a log that was closed. */
  async finish(): Promise<void> {
    const { end, synced, failure } = this.#log;
    if (this.#everyBytes === 0 || failure !== undefined || synced < end || this.#last === end) return;
    await this.#write();
  }

  #consider(): void {
    if (this.#stopped || this.#running !== undefined || this.#everyBytes === 0) return;
    // A log that was cut ends before the last.
    const isDue = this.#log.end - this.#last >= this.#everyBytes || this.#log.end < this.#last;
    if (!isDue && !this.#derived.hasDropped) return;
    this.#running = this.#write().finally(() => {
      this.#running = undefined;
    });
  }

  /** Begins in the turn in which it is called: what is derived is of the log's end now. */
  async #write(): Promise<void> {
    const position = this.#log.end;
    const snapshot = this.#derived.snapshot(position, this.#log.epochs.starts);
    this.#last = position;
    try {
      await this.#derived.keep(snapshot, async () => {
        if (this.#log.synced < position) await this.#log.sync();
      });
    } catch (error) {
      // The one before it stays, and the next one will come.
      this.#tell(`no checkpoint at ${position}: ${messageOf(error)}`);
    }
  }
}

import { messageOf } from '../../errors.ts';
import type { CommitLog } from '../log/commit-log.ts';
import type { DerivedState } from './derived.ts';

/**
 * Decides when a checkpoint is written: after every so many bytes of log, when the indexes of a deleted topic wait to be
 * removed, and when the log is closed. Appends go on while a checkpoint is being written.
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
   * @param last position of the newest checkpoint, or 0
   * @param everyBytes bytes of log from one checkpoint to the next; 0: none is written
   */
  constructor(log: CommitLog, derived: DerivedState, last: number, everyBytes: number, tell: (line: string) => void) {
    this.#log = log;
    this.#derived = derived;
    this.#last = last;
    this.#everyBytes = everyBytes;
    this.#tell = tell;
    log.onWritten(() => this.#consider());
  }

  /** Begins no more checkpoints, and waits for the one in progress. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Writes the last checkpoint, of a log that was closed. */
  async finish(): Promise<void> {
    const { end, synced, failure } = this.#log;
    if (this.#everyBytes === 0 || failure !== undefined || synced < end || this.#last === end) return;
    await this.#write();
  }

  #consider(): void {
    if (this.#stopped || this.#running !== undefined || this.#everyBytes === 0) return;
    // A log that was cut may end before its newest checkpoint.
    const isDue = this.#log.end - this.#last >= this.#everyBytes || this.#log.end < this.#last;
    if (!isDue && !this.#derived.hasDropped) return;
    this.#running = this.#write().finally(() => {
      this.#running = undefined;
    });
  }

  /** Takes its snapshot before it waits for anything: the derived state is that of the log's end only in this turn. */
  async #write(): Promise<void> {
    const position = this.#log.end;
    const snapshot = this.#derived.snapshot(position, this.#log.epochs.starts);
    this.#last = position;
    try {
      await this.#derived.keep(snapshot, async () => {
        if (this.#log.synced < position) await this.#log.sync();
      });
    } catch (error) {
      // The previous checkpoint is still there, and another attempt follows.
      this.#tell(`no checkpoint at ${position}: ${messageOf(error)}`);
    }
  }
}

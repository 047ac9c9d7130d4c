import type { Clock, Timer } from '../../world/world.ts';
import type { FlushMode } from './protection.ts';

export interface FlushSettings {
  readonly flush: FlushMode;
  /** With flush async: how often the log is synced if at least 16 KiB are not synced yet. */
  readonly flushIntervalMs: number;
  /** With flush async: how often the log is synced if anything is not synced yet. */
  readonly thoroughFlushIntervalMs: number;
}

interface Flushed {
  readonly end: number;
  readonly synced: number;
  sync(): Promise<void>;
}

/** RocketMQ's flushCommitLogLeastPages: 4 pages of 4 KiB. */
const worthSyncingBytes = 16 * 1024;

/**
 * Decides when the log is synced: after every write with flush sync, else at intervals. The two are RocketMQ's
 * GroupCommitService and FlushRealTimeService.
 */
export class Flusher {
  readonly #log: Flushed;
  readonly #clock: Clock;
  readonly #settings: FlushSettings;
  #timer: Timer | undefined;
  #thoroughAtMs: number;
  #stopped = false;

  constructor(log: Flushed, clock: Clock, settings: FlushSettings) {
    this.#log = log;
    this.#clock = clock;
    this.#settings = settings;
    this.#thoroughAtMs = clock.nowMs() + settings.thoroughFlushIntervalMs;
  }

  start(): void {
    if (this.#settings.flush === 'async') this.#schedule();
  }

  /** To be called after every write. */
  written(): void {
    // A sync that fails stops the log, and the log then tells everyone who waits.
    if (this.#settings.flush === 'sync') void this.#log.sync().catch(() => {});
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    const { flushIntervalMs, thoroughFlushIntervalMs } = this.#settings;
    const delayMs = Math.min(flushIntervalMs, thoroughFlushIntervalMs);
    this.#timer = this.#clock.setTimer(delayMs, () => {
      void this.#flush()
        // As above: the log tells everyone who waits.
        .catch(() => {})
        .then(() => {
          if (!this.#stopped) this.#schedule();
        });
    });
  }

  async #flush(): Promise<void> {
    const thorough = this.#clock.nowMs() >= this.#thoroughAtMs;
    const unsyncedBytes = this.#log.end - this.#log.synced;
    if (unsyncedBytes < (thorough ? 1 : worthSyncingBytes)) return;
    if (thorough) this.#thoroughAtMs = this.#clock.nowMs() + this.#settings.thoroughFlushIntervalMs;
    await this.#log.sync();
  }
}

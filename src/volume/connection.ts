import { statfs, write } from 'node:fs';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../errors.ts';
import type { Order } from './orders.ts';
import type { FromServer, ServerSettings, ToServer } from './server.ts';

/** How often the kernel looks for what is due to be written back (vm.dirty_writeback_centisecs), in ms. */
const writeBackEveryMs = 5000;

/** The main thread's side of the thread that serves the kernel. */
export class Connection {
  /** Resolves when the volume is unmounted or was told to end; rejects with what the thread threw. */
  readonly ended: Promise<void>;
  hasFailed = false;
  isEnded = false;
  readonly #worker: Worker;
  readonly #settings: ServerSettings;
  readonly #mountPoint: string;
  readonly #said: (answer: object) => void;
  /** Resolves when the kernel was told of everything so far. */
  #told: Promise<void> = Promise.resolve();
  #alarm: NodeJS.Timeout | undefined;

  /** @param said is given each answer. */
  constructor(settings: ServerSettings, mountPoint: string, said: (answer: object) => void) {
    this.#settings = settings;
    this.#mountPoint = mountPoint;
    this.#said = said;
    this.#worker = new Worker(new URL('./server.js', import.meta.url), { workerData: settings });
    this.ended = new Promise((resolve, reject) => {
      this.#worker.once('error', (error) => {
        this.hasFailed = true;
        reject(error);
      });
      this.#worker.once('exit', () => {
        this.isEnded = true;
        resolve();
      });
    });
    this.ended.catch(() => {}); // whoever waits for it is told
    this.#worker.on('message', (message: FromServer) => void this.#hear(message));
    const { writeBackMs } = settings;
    if (writeBackMs !== undefined) {
      setInterval(() => void this.wake(), Math.min(writeBackEveryMs, writeBackMs / 4)).unref();
    }
  }

  /** Resolves when the thread has seen its mailbox, as soon as no request is before this one. */
  async wake(): Promise<void> {
    // an error says that nothing is mounted any longer, and then `ended` tells
    await promisify(statfs)(this.#mountPoint).catch(() => {});
  }

  order(id: unknown, order: Order): void {
    this.#post({ id, order });
  }

  end(): void {
    this.#post({ end: true });
  }

  #post(message: ToServer): void {
    this.#worker.postMessage(message);
    void this.wake();
  }

  async #hear(message: FromServer): Promise<void> {
    if ('wakeInMs' in message) {
      clearTimeout(this.#alarm);
      this.#alarm = setTimeout(() => void this.wake(), message.wakeInMs);
      return;
    }
    if (message.notify.length === 0) return this.#said(message.answer);
    const told = this.#told.then(() => this.#notify(message.notify));
    this.#told = told.catch(() => {}); // this order's error, told in its answer
    try {
      await told;
      this.#said(message.answer);
    } catch (error) {
      const reason = `the kernel may still show what is gone: ${messageOf(error)}`;
      this.#said({ ...message.answer, error: 'kernel', message: reason });
    }
  }

  /**
   * One after the other: each may wait for a page that a waiting call has locked, and with it takes one of the few threads
   * that `wake` needs too.
   */
  async #notify(messages: readonly Uint8Array[]): Promise<void> {
    for (const message of messages) {
      await promisify(write)(this.#settings.device, message).catch((error: unknown) => {
        if (!isUnknown(error)) throw error;
      });
    }
  }
}

/** The kernel does not have it in memory, and so has nothing to forget. */
function isUnknown(reason: unknown): boolean {
  return (reason as NodeJS.ErrnoException).code === 'ENOENT';
}

import { sleep } from '../waiting.ts';
import type { DiskRule } from './disk-rule.ts';
import { systemError } from './errno.ts';
import type { Clock, Disk, DiskFile } from './world.ts';

/**
 * A disk that fails while a rule says so, with the errors of the operating system. A call that fails does not reach the
 * real disk, except that a disk which becomes full takes the first half of a write.
 */
export class FaultyDisk implements Disk {
  readonly #disk: Disk;
  readonly #clock: Clock;
  #rule: DiskRule = {};
  /** True until the first write to a full disk: half of that write is done, and nothing of those after it. */
  #hasRoom = false;

  constructor(disk: Disk, clock: Clock) {
    this.#disk = disk;
    this.#clock = clock;
  }

  /** Replaces the rule. A call that is in progress still obeys the old one. */
  obey(rule: DiskRule): void {
    this.#rule = rule;
    this.#hasRoom = rule.fail === 'ENOSPC';
  }

  async open(path: string): Promise<DiskFile> {
    const file = await this.#disk.open(path);
    return {
      sizeBytes: () => file.sizeBytes(),
      read: async (position, length) => {
        this.#mayFail('read', 'read');
        return file.read(position, length);
      },
      write: (data, position) => this.#write(file, data, position),
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      sync: () => this.#sync('fdatasync', () => file.sync()),
      close: () => file.close(),
    };
  }

  list(folder: string): Promise<string[]> {
    return this.#disk.list(folder);
  }

  makeFolder(folder: string): Promise<void> {
    return this.#disk.makeFolder(folder);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#disk.rename(from, to);
  }

  remove(path: string): Promise<void> {
    return this.#disk.remove(path);
  }

  syncFolder(folder: string): Promise<void> {
    return this.#sync('fsync', () => this.#disk.syncFolder(folder));
  }

  lock(): Promise<AsyncDisposable> {
    return this.#disk.lock();
  }

  async #write(file: DiskFile, data: Buffer, position: number): Promise<void> {
    if (this.#hasRoom && this.#fails('write')) {
      this.#hasRoom = false;
      await file.write(data.subarray(0, Math.floor(data.length / 2)), position);
      throw systemError('ENOSPC', 'write');
    }
    this.#mayFail('write', 'write');
    await file.write(data, position);
  }

  async #sync(syscall: string, sync: () => Promise<void>): Promise<void> {
    const { syncDelayMs = 0 } = this.#rule;
    if (syncDelayMs > 0) await sleep(this.#clock, syncDelayMs);
    this.#mayFail('sync', syscall);
    await sync();
  }

  #mayFail(operation: 'read' | 'write' | 'sync', syscall: string): void {
    if (this.#fails(operation)) throw systemError(this.#rule.fail ?? 'EIO', syscall);
  }

  #fails(operation: 'read' | 'write' | 'sync'): boolean {
    return this.#rule.fail !== undefined && (this.#rule.on ?? []).includes(operation);
  }
}

import type { Disk, DiskFile } from '../../world/world.ts';

interface Slot {
  readonly file: Promise<DiskFile>;
  users: number;
}

/** Gives access to many files while only some of them are open: the least recently used ones are closed first. */
export class OpenFiles {
  readonly #disk: Disk;
  readonly #limit: number;
  readonly #slots = new Map<string, Slot>();

  constructor(disk: Disk, limit: number) {
    this.#disk = disk;
    this.#limit = limit;
  }

  /** Opens the file if it is not open, creates it if it is missing, and keeps it open at least until `work` is done. */
  async use<T>(path: string, work: (file: DiskFile) => Promise<T>): Promise<T> {
    const slot = this.#slots.get(path) ?? this.#open(path);
    this.#slots.delete(path);
    this.#slots.set(path, slot);
    slot.users += 1;
    try {
      return await work(await slot.file);
    } finally {
      slot.users -= 1;
      await this.#closeSpare();
    }
  }

  /** Removes a file that nobody uses at the moment. */
  async remove(path: string): Promise<void> {
    await this.#close(path);
    await this.#disk.remove(path);
  }

  async closeAll(): Promise<void> {
    for (const path of [...this.#slots.keys()]) await this.#close(path);
  }

  #open(path: string): Slot {
    const slot = { file: this.#disk.open(path), users: 0 };
    // If it cannot be opened, the next caller tries again.
    slot.file.catch(() => {
      if (this.#slots.get(path) === slot) this.#slots.delete(path);
    });
    return slot;
  }

  async #closeSpare(): Promise<void> {
    if (this.#slots.size <= this.#limit) return;
    for (const [path, { users }] of this.#slots) {
      if (users > 0) continue;
      await this.#close(path);
      return;
    }
  }

  async #close(path: string): Promise<void> {
    const slot = this.#slots.get(path);
    this.#slots.delete(path);
    // If it could not be opened, the callers of `use` have been told so.
    const file = await slot?.file.catch(() => undefined);
    await file?.close();
  }
}

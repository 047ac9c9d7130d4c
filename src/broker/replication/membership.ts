import { readSmallFile, writeSmallFile } from '../small-file.ts';
import type { Disk } from '../world/world.ts';

const file = 'member';

/**
 * A mark in the node's folder: the node with this folder was leader or in-sync before, so its data count. A node without
 * the mark is new or has lost its disk, which it cannot tell apart. It must not become leader before it has asked every
 * other replica of its set.
 */
export class Membership {
  readonly #disk: Disk;
  #confirmed: boolean;
  #confirming: Promise<void> | undefined;

  private constructor(disk: Disk, confirmed: boolean) {
    this.#disk = disk;
    this.#confirmed = confirmed;
  }

  static async open(disk: Disk): Promise<Membership> {
    return new Membership(disk, (await readSmallFile(disk, file)) !== undefined);
  }

  get isBlank(): boolean {
    return !this.#confirmed;
  }

  /** Writes the mark, durably. Calls that come while it is being written share that write. */
  async confirm(): Promise<void> {
    if (this.#confirmed) return;
    this.#confirming ??= this.#write().finally(() => {
      this.#confirming = undefined;
    });
    await this.#confirming;
  }

  async #write(): Promise<void> {
    await writeSmallFile(this.#disk, file, 'led or in-sync\n');
    this.#confirmed = true;
  }
}

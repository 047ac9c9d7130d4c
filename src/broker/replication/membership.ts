import { readSmallFile, writeSmallFile } from '../small-file.ts';
import type { Disk } from '../world/world.ts';

const file = 'member';

/**
 * Whether what this folder holds counts: it has led its set, or was in-sync once. A node without this mark is new, or
 * its disk was lost, which look the same from inside: it must not lead before it has asked every replica of its set.
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

  /** Leaves the mark, durably. Callers that come while it is being written share that. */
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

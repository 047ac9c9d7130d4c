import { BrokerError } from '../errors.ts';
import { Serial } from '../serial.ts';
import { readSmallFile, writeSmallFile } from '../small-file.ts';
import type { Disk, World } from '../world/world.ts';

const file = 'producer-ids';
const blockLength = 1000;
const idsPerNode = 2 ** 40;
/** Counters begin in the lower half, in one of so many blocks. */
const firstBlocks = Math.floor(2 ** 39 / blockLength);

/**
 * Gives out producer ids that no node ever gives out again: the node's id in the upper bits, a counter below. The
 * counter's next block is on the disk, synced, before the first id of it is answered; ids of a block that was not used
 * up are skipped. Not in the commit log, because a cut of the log must not turn the counter back.
 */
export class ProducerIds implements AsyncDisposable {
  readonly #disk: Disk;
  readonly #nodeId: number;
  #next: number;
  #reserved: number;
  readonly #reservations = new Serial();

  private constructor(disk: Disk, nodeId: number, reserved: number) {
    this.#disk = disk;
    this.#nodeId = nodeId;
    this.#next = reserved;
    this.#reserved = reserved;
  }

  static async open({ disk, random }: World, nodeId: number): Promise<ProducerIds> {
    const text = await readSmallFile(disk, file);
    if (text !== undefined && !/^\d+\n$/.test(text)) {
      const hint = 'write a number above every id this node may have given out, or start with an empty folder';
      throw new BrokerError('bad-producer-ids', `${file} does not hold a number`, hint);
    }
    // A node whose disk was lost must not give out again what its replicas still remember.
    const first = Math.floor(random.fraction() * firstBlocks) * blockLength;
    return new ProducerIds(disk, nodeId, text === undefined ? first : Number(text));
  }

  next(): Promise<number> {
    return this.#reservations.run(async () => {
      if (this.#next === this.#reserved) {
        await writeSmallFile(this.#disk, file, `${this.#reserved + blockLength}\n`);
        this.#reserved += blockLength;
      }
      const counter = this.#next;
      this.#next += 1;
      return this.#nodeId * idsPerNode + counter;
    });
  }

  /** Waits until nothing is being written. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reservations.idle();
  }
}

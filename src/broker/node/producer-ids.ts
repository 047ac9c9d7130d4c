import { BrokerError } from '../errors.ts';
import { Serial } from '../serial.ts';
import { readSmallFile, writeSmallFile } from '../small-file.ts';
import type { Disk, World } from '../world/world.ts';

const file = 'producer-ids';
const blockLength = 1000;
const idsPerNode = 2 ** 40;
/** A new counter begins at one of so many blocks in the lower half of its range. */
const firstBlocks = Math.floor(2 ** 39 / blockLength);

/**
 * Gives out producer ids that no node ever gives out again: the upper bits are the node's id, the lower bits a counter.
 * The counter moves in blocks. Before the first id of a block is given out, the end of the block is synced to the disk; a
 * restart begins with the next block. The counter is not in the commit log, because a cut of the log would set it back.
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
    // A random start: a node that has lost its disk must not give out ids again that its replicas still remember.
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

import { readSmallBytes, writeSmallFile } from '../../small-file.ts';
import type { Disk } from '../../world/world.ts';
import { type Checkpoint, packCheckpoint, unpackCheckpoint } from './checkpoint.ts';

/** The newest checkpoint, and an older one in case the log is cut before the newest. */
const keptCheckpoints = 2;

/** The checkpoints on the disk. Their files are named by their positions in the log. */
export class CheckpointFiles {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** The positions of all checkpoints, newest first. */
  async positions(): Promise<number[]> {
    const names = (await this.#disk.list('.')).filter((name) => /^checkpoint-\d{16}$/.test(name));
    return names.map((name) => Number.parseInt(name.slice('checkpoint-'.length), 10)).reverse();
  }

  /** Reads the checkpoint of a position. Returns the reason instead if it cannot be used. */
  async read(position: number): Promise<Checkpoint | string> {
    const data = await readSmallBytes(this.#disk, nameOf(position));
    if (data === undefined) return 'gone';
    const checkpoint = unpackCheckpoint(data);
    if (typeof checkpoint === 'string' || checkpoint.position === position) return checkpoint;
    return `is of position ${checkpoint.position}`;
  }

  /** Writes a checkpoint, durably. The part of the log and of the indexes that it relies on must be durable before. */
  async write(checkpoint: Checkpoint): Promise<void> {
    await writeSmallFile(this.#disk, nameOf(checkpoint.position), packCheckpoint(checkpoint));
    const old = (await this.positions()).slice(keptCheckpoints);
    for (const position of old) await this.#disk.remove(nameOf(position));
  }

  /** Removes, durably, all checkpoints of later positions, and the rest of one whose writing a crash cut short. */
  async removeAfter(position: number): Promise<void> {
    const later = (await this.positions()).filter((one) => one > position).map(nameOf);
    const unfinished = (await this.#disk.list('.')).filter((name) => /^checkpoint-\d{16}\.new$/.test(name));
    for (const name of [...later, ...unfinished]) await this.#disk.remove(name);
    if (later.length > 0) await this.#disk.syncFolder('.');
  }
}

function nameOf(position: number): string {
  return `checkpoint-${String(position).padStart(16, '0')}`;
}

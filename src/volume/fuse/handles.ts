import { Errno } from '../core/errno.ts';
import type { Inode } from '../core/inode.ts';
import type { Volume } from '../core/volume.ts';

export interface Handle {
  readonly inode: Inode;
  /** Opened before the last power cut: whoever has it open is a process that should have ended with the power. */
  stale: boolean;
  /** Of a folder, as it was when its list was last begun. */
  entries?: readonly Entry[];
}

export type Entry = readonly [name: string, inode: Inode];

/** What the kernel has open. */
export class Handles {
  readonly #volume: Volume;
  readonly #handles = new Map<number, Handle>();
  #next = 1;

  constructor(volume: Volume) {
    this.#volume = volume;
  }

  /** Files that are open and were opened since the last power cut. */
  get openFiles(): number {
    return [...this.#handles.values()].filter(({ inode, stale }) => inode.kind === 'file' && !stale).length;
  }

  /** @param inode which is held already, for this handle. */
  add(inode: Inode): number {
    const number = this.#next;
    this.#next += 1;
    this.#handles.set(number, { inode, stale: false });
    return number;
  }

  /** @throws Errno EIO when it was opened before a power cut. */
  get(number: number): Handle {
    const found = this.#handles.get(number);
    if (found === undefined) throw new Errno('EBADF');
    if (found.stale) throw new Errno('EIO');
    return found;
  }

  close(number: number): void {
    const found = this.#handles.get(number);
    if (found === undefined) throw new Errno('EBADF');
    this.#handles.delete(number);
    this.#volume.release(found.inode);
  }

  /** Whatever is open answers EIO until it is closed: a sync of what is gone must not succeed. */
  expire(): void {
    for (const handle of this.#handles.values()) handle.stale = true;
  }
}

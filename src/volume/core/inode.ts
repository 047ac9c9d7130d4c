import { Ranges } from './ranges.ts';
import { Undo } from './undo.ts';

export type Kind = 'file' | 'folder' | 'link';

/** One name of an inode. */
export interface Name {
  readonly folder: Inode;
  readonly name: string;
}

export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A file, folder or symbolic link: what the node sees of it, and what the disk has promised. */
export class Inode {
  readonly id: number;
  readonly kind: Kind;
  /** In the order in which they were given. None: it is removed, but still open or not yet removed on the disk. */
  names: Name[] = [];
  /** Of a folder. */
  readonly children = new Map<string, Inode>();
  sizeBytes: number;
  durableBytes: number;
  /** What the disk holds where the file was overwritten. */
  readonly undo = new Undo();
  /** What was written since the last sync. */
  readonly written = new Ranges();
  /** Of the disk, while the current one is another. */
  durableOwnership: Ownership | undefined;
  /** Of the oldest change that is not on the disk. */
  dirtySinceMs: number | undefined;
  openHandles = 0;
  /** Changes of names that are not on the disk and that it is part of. */
  pendingNames = 0;
  /** Of the file below, while it is open. */
  descriptor: number | undefined;

  constructor(id: number, kind: Kind, sizeBytes: number) {
    this.id = id;
    this.kind = kind;
    this.sizeBytes = sizeBytes;
    this.durableBytes = sizeBytes;
  }

  get isRoot(): boolean {
    return this.id === rootId;
  }

  /** Relative to the volume, by its first name; empty for the root; undefined without a name. */
  get path(): string | undefined {
    if (this.isRoot) return '';
    const [first] = this.names;
    return first === undefined ? undefined : pathOf(first);
  }

  /** It is now on the disk as it is; with `dataOnly` (fdatasync) its ownership need not be. */
  settle(dataOnly = false): void {
    this.undo.clear();
    this.written.clear();
    this.durableBytes = this.sizeBytes;
    if (dataOnly && this.durableOwnership !== undefined) return;
    this.durableOwnership = undefined;
    this.dirtySinceMs = undefined;
  }
}

/** As the kernel wants it (FUSE_ROOT_ID). */
export const rootId = 1;

export function pathOf({ folder, name }: Name): string {
  const above = folder.path ?? `(removed ${folder.id})`;
  return above === '' ? name : `${above}/${name}`;
}

import { type Inode, type Name, pathOf } from './inode.ts';

/** One place in a folder, and who was there before and after a change. */
export interface Slot extends Name {
  readonly before: Inode | undefined;
  readonly after: Inode | undefined;
}

/** A change of names that the disk makes as a whole or not at all: a rename is never half done. */
export interface NameChange {
  readonly kind: 'create' | 'link' | 'rename' | 'remove';
  /** Whose name it is about. */
  readonly subject: Inode;
  readonly slots: readonly Slot[];
  readonly atMs: number;
}

/**
 * The changes of names that the disk has not promised yet, oldest first. A promise takes with it what it builds upon:
 * every earlier change of the same places, and the names of the folders they are in. What is left can be undone from
 * the newest to the oldest.
 */
export class PendingNames {
  #changes: NameChange[] = [];

  get all(): readonly NameChange[] {
    return this.#changes;
  }

  add(change: NameChange): void {
    this.#changes.push(change);
    for (const inode of inodesOf(change)) inode.pendingNames += 1;
  }

  /**
   * A file that was created and is removed again before the disk knew of it leaves nothing to promise.
   * @returns whether that was so, and the creation is forgotten.
   */
  forgetCreation({ folder, name }: Name): boolean {
    const index = this.#changes.findLastIndex(({ slots }) => slots.some((slot) => isSame(slot, { folder, name })));
    const change = this.#changes[index];
    if (change?.kind !== 'create' || change.subject.kind !== 'file') return false;
    this.#changes.splice(index, 1);
    for (const inode of inodesOf(change)) inode.pendingNames -= 1;
    return true;
  }

  /** fsync of a file: the names that it was given. fdatasync promises only that it was created. */
  commitFile(file: Inode, creationOnly: boolean): Inode[] {
    const folders = creationOnly ? [] : file.names.map(({ folder }) => folder);
    if (file.pendingNames === 0 && !folders.some(isPending)) return []; // most syncs: nothing to look for
    return this.#commit(
      ({ subject, kind }) => subject === file && (kind === 'create' || (!creationOnly && kind !== 'remove')),
      folders,
    );
  }

  /** fsync of a folder: everything that happened in it, and its own name. */
  commitFolder(folder: Inode): Inode[] {
    return this.#commit(({ slots }) => slots.some((slot) => slot.folder === folder), [folder]);
  }

  commitOlderThan(atMs: number): Inode[] {
    return this.#commit((change) => change.atMs <= atMs, []);
  }

  commitAll(): Inode[] {
    return this.#commit(() => true, []);
  }

  /** Takes all changes out, newest first: the order in which they are to be undone. */
  takeAll(): NameChange[] {
    const taken = this.#changes.reverse();
    this.#changes = [];
    for (const change of taken) for (const inode of inodesOf(change)) inode.pendingNames -= 1;
    return taken;
  }

  /** @returns the inodes of what was committed: some may be needed no longer. */
  #commit(wanted: (change: NameChange) => boolean, folders: readonly Inode[]): Inode[] {
    if (this.#changes.length === 0) return [];
    const needs = new Needs();
    for (const folder of folders) needs.addFolder(folder);
    const kept: NameChange[] = [];
    const committed: NameChange[] = [];
    for (const change of this.#changes.toReversed()) {
      if (wanted(change) || needs.includes(change)) {
        needs.add(change);
        committed.push(change);
      } else {
        kept.push(change);
      }
    }
    this.#changes = kept.reverse();
    const inodes = committed.flatMap(inodesOf);
    for (const inode of inodes) inode.pendingNames -= 1;
    return inodes;
  }
}

/** What must be on the disk for later changes to be there. */
class Needs {
  readonly #slots = new Set<string>();
  /** Folders that must have their name. */
  readonly #named = new Set<Inode>();
  /** Folders that were removed, and so must be empty. */
  readonly #emptied = new Set<Inode>();

  includes({ subject, slots }: NameChange): boolean {
    if (this.#named.has(subject) && slots.some(({ after }) => after === subject)) return true;
    return slots.some((slot) => this.#slots.has(keyOf(slot)) || this.#emptied.has(slot.folder));
  }

  add({ slots }: NameChange): void {
    for (const slot of slots) {
      this.#slots.add(keyOf(slot));
      this.addFolder(slot.folder);
      const { before } = slot;
      if (before?.kind === 'folder' && !slots.some(({ after }) => after === before)) this.#emptied.add(before);
    }
  }

  addFolder(folder: Inode): void {
    for (let above: Inode | undefined = folder; above !== undefined; above = above.names[0]?.folder) {
      this.#named.add(above);
    }
  }
}

/** What undoing a change does to names: `to` null is a name that is gone, `from` null one that is back. */
export interface UndoneName {
  readonly from: string | null;
  readonly to: string | null;
}

/** As paths at this moment: of the newest change that is not undone yet. */
export function undoneNames({ kind, slots }: NameChange): UndoneName[] {
  const [first, second] = slots;
  if (first === undefined) return [];
  if (kind === 'remove') return [{ from: null, to: pathOf(first) }];
  if (second === undefined) return [{ from: pathOf(first), to: null }];
  const back = second.before === undefined ? [] : [{ from: null, to: pathOf(second) }];
  return [{ from: pathOf(second), to: pathOf(first) }, ...back];
}

function inodesOf({ slots }: NameChange): Inode[] {
  const all = slots.flatMap(({ before, after }) => [before, after]);
  return [...new Set(all)].filter((inode) => inode !== undefined);
}

/** Whether its own name, or that of a folder it is in, is part of a change. */
function isPending(folder: Inode): boolean {
  return folder.pendingNames > 0 || folder.names.some((name) => isPending(name.folder));
}

function isSame(one: Name, other: Name): boolean {
  return one.folder === other.folder && one.name === other.name;
}

function keyOf({ folder, name }: Name): string {
  return `${folder.id}/${name}`;
}

import { BrokerError } from '../../../../src/broker/errors.ts';
import { systemError } from '../../../../src/broker/world/errno.ts';
import type { Disk, DiskFile } from '../../../../src/broker/world/world.ts';
import type { RandomStream } from '../../../../src/plan/random.ts';
import { Bytes } from './bytes.ts';
import type { Life } from './life.ts';

/** What a power cut leaves of what was not synced: nothing; what came first, the last of it torn; or any of it. */
export type Leftovers = 'none' | 'first' | 'any';

const sectorBytes = 512;

interface Change {
  readonly position: number;
  /** Absent: the file was cut, or grew, to `position`. */
  readonly data?: Buffer;
}

/** A file, with what a power cut would leave of it and everything that was done to it since. */
class Inode {
  readonly content: Bytes;
  readonly durable: Bytes;
  /** How many changes the content has seen, and how many of them are on the disk. */
  changes = 0;
  #syncedChanges = 0;
  /** Done to the content, and not synced yet. */
  readonly #unsynced: Change[] = [];

  constructor(durable: Buffer = Buffer.alloc(0)) {
    this.content = new Bytes(durable);
    this.durable = new Bytes(durable);
  }

  change(change: Change): void {
    apply(this.content, change);
    this.changes += 1;
    this.#unsynced.push(change);
  }

  /** The first so many changes of all are on the disk now. */
  synced(changes: number): void {
    const count = Math.max(0, changes - this.#syncedChanges);
    for (const change of this.#unsynced.splice(0, count)) apply(this.durable, change);
    this.#syncedChanges += count;
  }

  /** What is there after a power cut. */
  afterPowerCut(left: Leftovers, random: RandomStream): Inode {
    const bytes = new Bytes(this.durable.all);
    for (const change of survivors(this.#unsynced, left, random)) apply(bytes, change);
    return new Inode(bytes.all);
  }
}

function apply(bytes: Bytes, { position, data }: Change): void {
  if (data === undefined) bytes.truncate(position);
  else bytes.write(data, position);
}

function survivors(changes: readonly Change[], left: Leftovers, random: RandomStream): Change[] {
  if (left === 'none' || changes.length === 0) return [];
  if (left === 'first') {
    const whole = random.int(changes.length + 1);
    const torn = changes[whole];
    return [...changes.slice(0, whole), ...(torn === undefined ? [] : tornOf(torn, random))];
  }
  return changes.flatMap((change) =>
    random.int(2) === 0 ? [] : random.int(4) === 0 ? tornOf(change, random) : [change],
  );
}

/** A part of one write: as much as its first bytes, or some of its sectors. */
function tornOf({ position, data }: Change, random: RandomStream): Change[] {
  if (data === undefined || data.length === 0) return [];
  return [{ position, data: data.subarray(0, random.int(data.length)) }].concat(
    data.length > 2 * sectorBytes && random.int(2) === 0
      ? [{ position: position + data.length - sectorBytes, data: data.subarray(data.length - sectorBytes) }]
      : [],
  );
}

type Names = Map<string, Inode>;

/** The platters: what outlives a process, and in part a power cut. */
export class Platters {
  readonly names: Names;
  /** The names that a power cut would leave. */
  durable: Names;
  readonly folders: Set<string>;
  holder: Life | undefined;

  constructor(names: Names = new Map(), folders: ReadonlySet<string> = new Set()) {
    this.names = names;
    this.durable = new Map(names);
    this.folders = new Set(folders);
  }

  /** What the machine finds when the power is back. */
  afterPowerCut(left: Leftovers, random: RandomStream): Platters {
    const folders = new Set([...this.names.keys(), ...this.durable.keys()].map(folderOf));
    const kept: Names = new Map();
    for (const folder of [...folders].sort()) {
      const source = left !== 'none' && random.int(2) === 0 ? this.names : this.durable;
      for (const [name, inode] of source) if (folderOf(name) === folder) kept.set(name, inode);
    }
    const names = [...kept].map(([name, inode]) => [name, inode.afterPowerCut(left, random)] as const);
    return new Platters(new Map(names), this.folders);
  }
}

/**
 * The disk of one life on its platters. Every call takes its time. A write is done at some moment within it, a sync covers
 * what was written when it began; what a dying process had begun is done or not.
 */
export class SimulatedDisk implements Disk {
  readonly #platters: Platters;
  readonly #life: Life;
  readonly #random: RandomStream;
  /** What a sync takes at most, most of the time: from a fast device to one that others keep busy. */
  readonly #paceMs: number;
  /** Deeds that have begun: each is done or not when the process dies in the middle of it. */
  readonly #begun = new Set<() => void>();

  constructor(platters: Platters, life: Life, random: RandomStream) {
    this.#platters = platters;
    this.#life = life;
    this.#random = random;
    this.#paceMs = random.pick([1, 3, 10, 50, 150]);
  }

  /** The process is gone: what it had asked the kernel for is done, or not. */
  end(): void {
    for (const deed of this.#begun) if (this.#random.int(2) === 0) deed();
    this.#begun.clear();
  }

  async open(path: string): Promise<DiskFile> {
    const { names } = this.#platters;
    await this.#takes(0.02, () => {
      if (!names.has(path)) names.set(path, new Inode());
    });
    const inode = names.get(path) as Inode;
    return {
      sizeBytes: async () => inode.content.size,
      read: async (position, length) => {
        await this.#takes(0.05);
        return inode.content.read(position, length);
      },
      write: (data, position) => {
        const change = { position, data: Buffer.from(data) };
        return this.#takes(0.05, () => inode.change(change));
      },
      truncate: (sizeBytes) => this.#takes(0.05, () => inode.change({ position: sizeBytes })),
      sync: () => {
        const { changes } = inode;
        return this.#takes(this.#syncMs(), () => inode.synced(changes));
      },
      close: async () => {},
    };
  }

  async list(folder: string): Promise<string[]> {
    const prefix = folder === '.' ? '' : `${folder}/`;
    const paths = [...this.#platters.names.keys(), ...this.#platters.folders].filter((path) => path.startsWith(prefix));
    return [...new Set(paths.map((path) => path.slice(prefix.length).split('/')[0] ?? ''))]
      .filter((name) => name !== '')
      .sort();
  }

  async makeFolder(folder: string): Promise<void> {
    await this.#takes(this.#syncMs(), () => this.#platters.folders.add(folder));
  }

  async rename(from: string, to: string): Promise<void> {
    const { names } = this.#platters;
    if (!names.has(from)) throw systemError('ENOENT', 'rename');
    await this.#takes(0.05, () => {
      const inode = names.get(from);
      if (inode === undefined) return;
      names.delete(from);
      names.set(to, inode);
    });
  }

  async remove(path: string): Promise<void> {
    await this.#takes(0.05, () => this.#platters.names.delete(path));
  }

  async syncFolder(folder: string): Promise<void> {
    const platters = this.#platters;
    const here = (names: Names) => [...names].filter(([name]) => folderOf(name) === folder);
    const promised = here(platters.names);
    await this.#takes(this.#syncMs(), () => {
      for (const [name] of here(platters.durable)) platters.durable.delete(name);
      for (const [name, inode] of promised) platters.durable.set(name, inode);
    });
  }

  async lock(): Promise<AsyncDisposable> {
    const platters = this.#platters;
    if (platters.holder !== undefined && !platters.holder.isOver) {
      throw new BrokerError('folder-in-use', 'another node has this folder', 'end it first');
    }
    platters.holder = this.#life;
    return {
      [Symbol.asyncDispose]: async () => {
        platters.holder = undefined;
      },
    };
  }

  #syncMs(): number {
    return 0.3 + this.#random.float() * this.#paceMs * (this.#random.int(20) === 0 ? 5 : 1);
  }

  /** Does a deed at some moment of the time that it takes, and resolves when that is over. */
  #takes(usualMs: number, deed: () => void = () => {}): Promise<void> {
    return new Promise((resolve) => {
      this.#begun.add(deed);
      this.#life.setTimer(usualMs * (0.5 + this.#random.float()), () => {
        this.#begun.delete(deed);
        deed();
        resolve();
      });
    });
  }
}

function folderOf(name: string): string {
  const at = name.lastIndexOf('/');
  return at < 0 ? '.' : name.slice(0, at);
}

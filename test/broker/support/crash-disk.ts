import type { Disk, DiskFile } from '../../../src/broker/world/world.ts';

interface Inode {
  content: Buffer;
  synced: Buffer;
}

/**
 * A disk in memory that remembers what a power cut would leave of it, in the strictest reading of POSIX: of files what
 * was synced, of names what the last sync of their folder knew. It can be told to stop for good at a step.
 */
export class CrashDisk implements Disk {
  /** Steps that change something, so far. */
  steps = 0;
  /** From this step on nothing is done any more. */
  stopAt = Number.POSITIVE_INFINITY;
  /** Writes to files whose names begin so fail. */
  refused: string | undefined;
  readonly #names: Map<string, Inode>;
  #durable: Map<string, Inode>;

  constructor(names = new Map<string, Inode>()) {
    this.#names = names;
    this.#durable = new Map(names);
  }

  /** What a restart finds after the process was killed. */
  afterKill(): CrashDisk {
    const copy = new Map([...this.#names].map(([name, inode]) => [name, { ...inode }]));
    const disk = new CrashDisk(copy);
    disk.#durable = new Map([...this.#durable].map(([name, inode]) => [name, twinOf(inode, this.#names, copy)]));
    return disk;
  }

  /** What a restart finds after the power was cut. */
  afterPowerCut(): CrashDisk {
    const left = [...this.#durable].map(([name, { synced }]) => [name, { content: synced, synced }] as const);
    return new CrashDisk(new Map(left));
  }

  /** Changes a file behind the back of everybody; `undefined` removes it. */
  change(name: string, how: (content: Buffer) => Buffer | undefined): void {
    const inode = this.#names.get(name);
    if (inode === undefined) throw new Error(`no file ${name}`);
    const changed = how(Buffer.from(inode.content));
    for (const names of [this.#names, this.#durable]) {
      if (changed === undefined) names.delete(name);
      else names.set(name, { content: changed, synced: changed });
    }
  }

  names(prefix: string): string[] {
    return [...this.#names.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  async open(path: string): Promise<DiskFile> {
    const inode = this.#names.get(path) ?? { content: Buffer.alloc(0), synced: Buffer.alloc(0) };
    if (!this.#names.has(path)) {
      await this.#step();
      this.#names.set(path, inode);
    }
    return {
      sizeBytes: async () => inode.content.length,
      read: async (position, length) => Buffer.from(inode.content.subarray(position, position + length)),
      write: async (data, position) => {
        if (this.refused !== undefined && path.startsWith(this.refused)) throw new Error('EIO');
        await this.#step();
        const grown = Buffer.alloc(Math.max(inode.content.length, position + data.length));
        inode.content.copy(grown);
        data.copy(grown, position);
        inode.content = grown;
      },
      truncate: async (sizeBytes) => {
        if (sizeBytes === inode.content.length) return;
        await this.#step();
        const cut = Buffer.alloc(sizeBytes);
        inode.content.copy(cut);
        inode.content = cut;
      },
      sync: async () => {
        const { content } = inode;
        await this.#step();
        inode.synced = Buffer.from(content);
      },
      close: async () => {},
    };
  }

  async list(folder: string): Promise<string[]> {
    const names = [...this.#names.keys()].filter((name) => folderOf(name) === folder);
    return names.map((name) => name.slice(name.lastIndexOf('/') + 1)).sort();
  }

  async makeFolder(): Promise<void> {}

  async rename(from: string, to: string): Promise<void> {
    await this.#step();
    const inode = this.#names.get(from);
    if (inode === undefined) throw new Error(`ENOENT ${from}`);
    this.#names.delete(from);
    this.#names.set(to, inode);
  }

  async remove(path: string): Promise<void> {
    if (!this.#names.has(path)) return;
    await this.#step();
    this.#names.delete(path);
  }

  async syncFolder(folder: string): Promise<void> {
    await this.#step();
    for (const name of this.#durable.keys()) if (folderOf(name) === folder) this.#durable.delete(name);
    for (const [name, inode] of this.#names) if (folderOf(name) === folder) this.#durable.set(name, inode);
  }

  async lock(): Promise<AsyncDisposable> {
    return { [Symbol.asyncDispose]: async () => {} };
  }

  async #step(): Promise<void> {
    this.steps += 1;
    if (this.steps >= this.stopAt) throw new Error('the node is dead');
    // What is done at the same time takes turns.
    await Promise.resolve();
    if (this.steps >= this.stopAt) throw new Error('the node is dead');
  }
}

function folderOf(name: string): string {
  const at = name.lastIndexOf('/');
  return at < 0 ? '.' : name.slice(0, at);
}

/** The same file in the copy, if it still has a name, else a copy of it. */
function twinOf(inode: Inode, names: Map<string, Inode>, copy: Map<string, Inode>): Inode {
  const name = [...names].find(([, one]) => one === inode)?.[0];
  return (name === undefined ? undefined : copy.get(name)) ?? { ...inode };
}

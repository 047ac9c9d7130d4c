import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { Opened } from '../opened.ts';
import type { AccountedFile } from './accounted-file.ts';
import { errnoOf } from './errno.ts';
import { lockFolder } from './folder-lock.ts';
import { PowerAccount } from './power-account.ts';
import type { Disk, DiskFile } from './world.ts';

const open = promisify(fs.open);
const write = promisify(fs.write);
const read = promisify(fs.read);
const fdatasync = promisify(fs.fdatasync);
const ftruncate = promisify(fs.ftruncate);

/** A node's folder, with an account of what a power cut would leave of it. `lock` must come first: it opens the account. */
export class RealDisk implements Disk {
  readonly #folder: string;
  #opened: PowerAccount | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async lock(): Promise<AsyncDisposable> {
    await using opened = new Opened();
    opened.use(await lockFolder(this.#folder));
    const account = new PowerAccount(this.#folder);
    opened.defer(() => account.close());
    this.#opened = account;
    return opened.move();
  }

  async open(name: string): Promise<DiskFile> {
    const { descriptor, created } = await openOrCreate(this.#at(name));
    return realFile(descriptor, this.#account.opened(name, descriptor, created));
  }

  async list(name: string): Promise<string[]> {
    try {
      return (await fs.promises.readdir(this.#at(name))).sort();
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async makeFolder(name: string): Promise<void> {
    const wanted = this.#at(name);
    const first = await fs.promises.mkdir(wanted, { recursive: true });
    if (first === undefined) return;
    for (let made = wanted; made.length >= first.length; made = path.dirname(made))
      await syncFolder(path.dirname(made));
  }

  async rename(from: string, to: string): Promise<void> {
    if (from === to) return;
    await this.#account.removing(to);
    await fs.promises.rename(this.#at(from), this.#at(to));
    this.#account.renamed(from, to);
  }

  async remove(name: string): Promise<void> {
    await this.#account.removing(name);
    await fs.promises.rm(this.#at(name), { force: true });
    this.#account.removed(name);
  }

  async syncFolder(name: string): Promise<void> {
    const synced = this.#account.syncingFolder(name);
    await syncFolder(this.#at(name));
    synced();
  }

  get #account(): PowerAccount {
    if (this.#opened === undefined) throw new Error('disk used before its lock was taken');
    return this.#opened;
  }

  #at(name: string): string {
    return path.join(this.#folder, name);
  }
}

/** Opens a file, or creates it. The name of a created file is not durable yet. */
async function openOrCreate(file: string): Promise<{ descriptor: number; created: boolean }> {
  const { O_RDWR, O_CREAT, O_EXCL } = fs.constants;
  try {
    return { descriptor: await open(file, O_RDWR), created: false };
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return { descriptor: await open(file, O_RDWR | O_CREAT | O_EXCL, 0o644), created: true };
  }
}

function realFile(descriptor: number, account: AccountedFile): DiskFile {
  return {
    async sizeBytes() {
      return (await promisify(fs.fstat)(descriptor)).size;
    },
    async read(position, length) {
      const buffer = Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await read(descriptor, buffer, done, length - done, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    },
    async write(data, position) {
      let done = 0;
      while (done < data.length) {
        const { bytesWritten } = await write(descriptor, data, done, data.length - done, position + done);
        done += bytesWritten;
      }
      account.written(position + data.length);
    },
    async truncate(sizeBytes) {
      account.truncating(sizeBytes);
      await ftruncate(descriptor, sizeBytes);
    },
    sync: () => account.syncing(() => fdatasync(descriptor)),
    close: () => promisify(fs.close)(descriptor),
  };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.promises.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import type { AccountFile, Slot } from './account-file.ts';

/** What the account knows of one file; shared by all handles of that file. */
export class AccountedFile {
  readonly inode: bigint;
  /** The name relative to the node's folder; undefined when the file has none any more. */
  name: string | undefined;
  readonly #account: AccountFile;
  #index: number;
  #syncedBytes: number;
  #durableName: string;
  #writtenBytes: number;
  readonly #syncs = new Set<{ coveredBytes: number }>();

  constructor(account: AccountFile, index: number, slot: Slot, sizeBytes: number) {
    this.#account = account;
    this.#index = index;
    this.inode = slot.inode;
    this.#syncedBytes = Math.min(slot.syncedBytes, sizeBytes);
    this.#durableName = slot.name;
    this.#writtenBytes = sizeBytes;
  }

  get syncedBytes(): number {
    return this.#syncedBytes;
  }

  /** The name that the file would have after a power cut; empty: the file would be gone. */
  get durableName(): string {
    return this.#durableName;
  }

  /** To be called after a write has returned. */
  written(endBytes: number): void {
    this.#writtenBytes = Math.max(this.#writtenBytes, endBytes);
  }

  /** To be called before a truncation: a sync in progress cannot make bytes durable that are cut off meanwhile. */
  truncating(sizeBytes: number): void {
    this.#writtenBytes = sizeBytes;
    for (const sync of this.#syncs) sync.coveredBytes = Math.min(sync.coveredBytes, sizeBytes);
    if (sizeBytes < this.#syncedBytes) this.#synced(sizeBytes);
  }

  /** Runs an fdatasync. When it has returned, the bytes that were written before it began are entered as synced. */
  async syncing(fdatasync: () => Promise<void>): Promise<void> {
    const sync = { coveredBytes: this.#writtenBytes };
    this.#syncs.add(sync);
    try {
      await fdatasync();
      if (sync.coveredBytes > this.#syncedBytes) this.#synced(sync.coveredBytes);
    } finally {
      this.#syncs.delete(sync);
    }
  }

  settle(syncedBytes: number, durableName: string): void {
    this.#syncedBytes = syncedBytes;
    this.#durableName = durableName;
    if (this.#index >= 0) this.#account.write(this.#index, { inode: this.inode, syncedBytes, name: durableName });
  }

  /** Gives up the slot of this file: handles that are still open no longer change the account. */
  release(): number {
    const index = this.#index;
    this.#index = -1;
    return index;
  }

  #synced(bytes: number): void {
    this.#syncedBytes = bytes;
    if (this.#index >= 0) this.#account.writeSyncedBytes(this.#index, bytes);
  }
}

import type { AccountFile, Slot } from './account-file.ts';

/** A file as its handles and the account see it. */
export class AccountedFile {
  readonly inode: bigint;
  /** Relative to the node's folder; undefined when it has none any more. */
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

  /** The name that a power cut would leave it; empty: it would be gone. */
  get durableName(): string {
    return this.#durableName;
  }

  /** After a write returned. */
  written(endBytes: number): void {
    this.#writtenBytes = Math.max(this.#writtenBytes, endBytes);
  }

  /** Before a truncation: what is no longer there cannot be synced, not even by a sync in progress. */
  truncating(sizeBytes: number): void {
    this.#writtenBytes = sizeBytes;
    for (const sync of this.#syncs) sync.coveredBytes = Math.min(sync.coveredBytes, sizeBytes);
    if (sizeBytes < this.#syncedBytes) this.#synced(sizeBytes);
  }

  /** Runs an fdatasync; when it has returned, so much is entered as was written when it began. */
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

  /** Gives up its slot: handles that are still open change nothing any more. */
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

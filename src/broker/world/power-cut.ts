import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { BrokerError } from '../errors.ts';
import { accountFileName } from './account-file.ts';
import type { AccountedFile } from './accounted-file.ts';
import { lockFolder } from './folder-lock.ts';
import { PowerAccount } from './power-account.ts';

/** What a power cut has changed. */
export interface PowerCut {
  /** Files that lost bytes; `syncedBytes` of a file that is gone are 0. */
  readonly cut: readonly Loss[];
  /** Names that are as they were before. `to` null: the file is gone. `from` null: the file is back. */
  readonly names: readonly { readonly from: string | null; readonly to: string | null }[];
  readonly droppedBytes: number;
}

interface Loss {
  readonly file: string;
  readonly syncedBytes: number;
  readonly droppedBytes: number;
  readonly keptBytes: number;
}

/**
 * Does to the folder of a stopped node what a power cut would have done, by the account that the node kept. With a torn
 * seed, each file ends at a place between its synced part and its end that follows from the seed, as if the disk had been
 * writing. What is left counts as synced: a second cut changes nothing.
 *
 * Throws `no-folder`, and `folder-in-use` while a process lives that has the folder.
 */
export async function cutPower(folder: string, tornSeed?: string): Promise<PowerCut> {
  if (!fs.existsSync(folder)) throw new BrokerError('no-folder', `no folder ${folder}`, 'check --folder');
  // The lock also keeps a node from starting meanwhile.
  await using _lock = await lockFolder(folder);
  if (!fs.existsSync(path.join(folder, accountFileName))) return { cut: [], names: [], droppedBytes: 0 };
  const account = new PowerAccount(folder);
  try {
    const cut: Loss[] = [];
    for (const file of account.files) cut.push(cutFile(account, file, tornSeed));
    const losses = cut.filter(({ droppedBytes }) => droppedBytes > 0);
    const names = restoreNames(account, folder);
    return { cut: losses, names, droppedBytes: losses.reduce((sum, { droppedBytes }) => sum + droppedBytes, 0) };
  } finally {
    account.close();
  }
}

function cutFile(account: PowerAccount, file: AccountedFile, tornSeed: string | undefined): Loss {
  const at = account.pathOf(file);
  const sizeBytes = fs.statSync(at).size;
  const name = file.name ?? file.durableName;
  const lost = file.durableName === '';
  const syncedBytes = lost ? 0 : file.syncedBytes;
  const torn = tornSeed === undefined || lost ? 0 : fraction(`${tornSeed}\0${name}`) * (sizeBytes - syncedBytes + 1);
  const keptBytes = syncedBytes + Math.floor(torn);
  if (keptBytes < sizeBytes) fs.truncateSync(at, keptBytes);
  file.settle(keptBytes, file.durableName);
  return { file: name, syncedBytes, droppedBytes: sizeBytes - keptBytes, keptBytes };
}

/** In two steps, because files may have exchanged names: first all are moved away, then to their durable names. */
function restoreNames(account: PowerAccount, folder: string): PowerCut['names'] {
  const changes: { from: string | null; to: string | null }[] = [];
  for (const file of account.files) {
    const { name, durableName } = file;
    if (name === durableName) continue;
    changes.push({ from: name ?? null, to: durableName === '' ? null : durableName });
    if (name !== undefined) account.setAside(file);
  }
  for (const file of account.files) {
    if (file.name !== undefined) continue;
    if (file.durableName === '') account.drop(file);
    else fs.renameSync(account.pathOf(file), path.join(folder, file.durableName));
  }
  return changes;
}

/** A number in [0, 1) that depends on the text alone. */
function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}

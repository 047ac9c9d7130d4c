import * as fs from 'node:fs';
import * as path from 'node:path';

/*
 * The file `synced` in a node's folder says how much of each other file would be left after a power cut. It has a header
 * and slots of 256 bytes; a free slot is all zeros. All integers are big-endian.
 *
 *    0  u64  inode of the file
 *    8  u64  bytes from its start that are synced
 *   16  u16  length of the name
 *   18       name of the file after a power cut, relative to the node's folder; empty: the file would be gone
 *
 * The header is `MQPA`, 4 zero bytes and the inode of this very file: a copy of the folder has other inodes, so a copied
 * account is recognized as invalid.
 *
 * This file is never synced. The account has to survive the end of the process, for which the page cache is enough. It
 * need not survive a real power cut, because then the disk shows what is left. No slot crosses a page, so a kill leaves
 * each slot either as it was before a write or as it is after it.
 */
const slotBytes = 256;
const nameAt = 18;
const magic = Buffer.from('MQPA');

export const accountFileName = 'synced';

export interface Slot {
  readonly inode: bigint;
  readonly syncedBytes: number;
  readonly name: string;
}

export class AccountFile {
  readonly #descriptor: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Opens or creates the account of a node's folder. Free slots are undefined. */
  static open(folder: string): { file: AccountFile; slots: (Slot | undefined)[] } {
    const descriptor = fs.openSync(
      path.join(folder, accountFileName),
      fs.constants.O_RDWR | fs.constants.O_CREAT,
      0o644,
    );
    const content = fs.readFileSync(descriptor);
    const header = headerOf(fs.fstatSync(descriptor, { bigint: true }).ino);
    const valid = content.subarray(0, header.length).equals(header);
    if (!valid) {
      fs.ftruncateSync(descriptor, 0);
      fs.writeSync(descriptor, header, 0, header.length, 0);
    }
    return { file: new AccountFile(descriptor), slots: valid ? readSlots(content) : [] };
  }

  /** @throws RangeError for a name of more than 238 bytes. */
  write(index: number, slot: Slot | undefined): void {
    const data = Buffer.alloc(slotBytes);
    if (slot !== undefined) {
      const name = Buffer.from(slot.name);
      if (name.length > slotBytes - nameAt) throw new RangeError(`name too long for the power account: ${slot.name}`);
      data.writeBigUInt64BE(slot.inode, 0);
      data.writeBigUInt64BE(BigInt(slot.syncedBytes), 8);
      data.writeUInt16BE(name.length, 16);
      name.copy(data, nameAt);
    }
    fs.writeSync(this.#descriptor, data, 0, slotBytes, placeOf(index));
  }

  /** Writes only the number of synced bytes of a slot, because every sync does this. */
  writeSyncedBytes(index: number, syncedBytes: number): void {
    const data = Buffer.alloc(8);
    data.writeBigUInt64BE(BigInt(syncedBytes));
    fs.writeSync(this.#descriptor, data, 0, 8, placeOf(index) + 8);
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }
}

function headerOf(inode: bigint): Buffer {
  const header = Buffer.alloc(16);
  magic.copy(header);
  header.writeBigUInt64BE(inode, 8);
  return header;
}

function readSlots(content: Buffer): (Slot | undefined)[] {
  const slots: (Slot | undefined)[] = [];
  for (let at = placeOf(0); at + slotBytes <= content.length; at += slotBytes) {
    const inode = content.readBigUInt64BE(at);
    const name = content.toString('utf8', at + nameAt, at + nameAt + content.readUInt16BE(at + 16));
    const syncedBytes = Number(content.readBigUInt64BE(at + 8));
    slots.push(inode === 0n ? undefined : { inode, syncedBytes, name });
  }
  return slots;
}

/** The header takes the room of a slot, so that slots are aligned. */
function placeOf(index: number): number {
  return (index + 1) * slotBytes;
}

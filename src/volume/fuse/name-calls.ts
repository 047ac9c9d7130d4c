import { Errno } from '../core/errno.ts';
import type { Ownership } from '../core/inode.ts';
import { writeAttributesOut, writeEntry } from './attributes.ts';
import type { Call } from './calls.ts';
import { type OpcodeName, type Request, renameNoReplace, setattrFlags } from './wire.ts';

const formatMask = 0o170000;
const regularFormat = 0o100000;

/** Names and attributes. */
export const nameCalls: Partial<Record<OpcodeName, Call>> = {
  lookup({ volume }, request, answer) {
    writeEntry(answer, volume, volume.lookup(volume.inode(request.node), nameIn(request, 0)));
  },

  getattr({ volume }, request, answer) {
    writeAttributesOut(answer, volume, volume.inode(request.node));
  },

  setattr({ volume, handles }, request, answer) {
    const valid = request.u32(0);
    const has = (flag: number): boolean => (valid & flag) !== 0;
    const inode = volume.inode(request.node);
    if (has(setattrFlags.size)) {
      if (has(handleFlag)) handles.get(request.u64(8));
      volume.truncate(inode, request.u64(16));
    }
    const ownership: { -readonly [Key in keyof Ownership]?: number } = {};
    if (has(setattrFlags.mode)) ownership.mode = request.u32(68) & 0o7777;
    if (has(setattrFlags.uid)) ownership.uid = request.u32(76);
    if (has(setattrFlags.gid)) ownership.gid = request.u32(80);
    if (Object.keys(ownership).length > 0) volume.changeOwnership(inode, ownership);
    if (has(setattrFlags.atime | setattrFlags.mtime)) {
      const { atimeMs, mtimeMs } = volume.store.stat(inode);
      const time = (flag: number, now: number, at: number, nanosAt: number, otherMs: number): number => {
        if (!has(flag)) return otherMs / 1000;
        return has(now) ? Date.now() / 1000 : request.u64(at) + request.u32(nanosAt) / 1e9;
      };
      volume.store.setTimes(
        inode,
        time(setattrFlags.atime, setattrFlags.atimeNow, 32, 56, atimeMs),
        time(setattrFlags.mtime, setattrFlags.mtimeNow, 40, 60, mtimeMs),
      );
    }
    writeAttributesOut(answer, volume, inode);
  },

  access() {}, // the kernel has asked for the attributes, and decides

  mknod({ volume }, request, answer) {
    const mode = request.u32(0);
    if ((mode & formatMask) !== regularFormat) throw new Errno('EPERM');
    const file = volume.create(volume.inode(request.node), nameIn(request, 16), ownershipOf(request, mode));
    volume.release(file);
    writeEntry(answer, volume, file);
  },

  mkdir({ volume }, request, answer) {
    const folder = volume.inode(request.node);
    writeEntry(answer, volume, volume.makeFolder(folder, nameIn(request, 8), ownershipOf(request, request.u32(0))));
  },

  symlink({ volume }, request, answer) {
    const name = nameIn(request, 0);
    const target = nameIn(request, Buffer.byteLength(name) + 1);
    const link = volume.makeLink(volume.inode(request.node), name, target, ownershipOf(request, 0o777));
    writeEntry(answer, volume, link);
  },

  readlink({ volume }, request, answer) {
    const target = volume.store.readLink(volume.inode(request.node));
    answer.text(answer.reserve(Buffer.byteLength(target)), target);
  },

  link({ volume }, request, answer) {
    const inode = volume.inode(request.u64(0));
    volume.link(inode, volume.inode(request.node), nameIn(request, 8));
    writeEntry(answer, volume, inode);
  },

  unlink({ volume }, request) {
    volume.unlink(volume.inode(request.node), nameIn(request, 0));
  },

  rmdir({ volume }, request) {
    volume.removeFolder(volume.inode(request.node), nameIn(request, 0));
  },

  rename({ volume }, request) {
    const [from, to] = namesIn(request, 8);
    volume.rename(
      { folder: volume.inode(request.node), name: from },
      { folder: volume.inode(request.u64(0)), name: to },
    );
  },

  rename2({ volume }, request) {
    const flags = request.u32(8);
    if ((flags & ~renameNoReplace) !== 0) throw new Errno('EINVAL'); // RENAME_EXCHANGE and RENAME_WHITEOUT
    const [from, to] = namesIn(request, 16);
    const target = { folder: volume.inode(request.u64(0)), name: to };
    volume.rename({ folder: volume.inode(request.node), name: from }, target, flags === 0);
  },
};

/** FATTR_FH. */
const handleFlag = 1 << 6;

/** @throws Errno EILSEQ for a name that is not UTF-8: the folder below is addressed by text. */
export function nameIn(request: Request, at: number): string {
  const name = request.text(at);
  if (name === undefined) throw new Errno('EILSEQ');
  return name;
}

/** Two names, one behind the other. */
export function namesIn(request: Request, at: number): [string, string] {
  const first = nameIn(request, at);
  return [first, nameIn(request, at + Buffer.byteLength(first) + 1)];
}

export function ownershipOf({ uid, gid }: Request, mode: number): Ownership {
  return { mode: mode & 0o7777, uid, gid };
}

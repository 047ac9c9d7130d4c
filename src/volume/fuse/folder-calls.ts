import type { Inode } from '../core/inode.ts';
import { writeEntry } from './attributes.ts';
import type { Call, Served } from './calls.ts';
import type { Entry } from './handles.ts';
import { type Answer, fsyncDataOnly, type OpcodeName, type Request } from './wire.ts';

/** DT_REG, DT_DIR and DT_LNK. */
const entryTypes: Record<Inode['kind'], number> = { file: 8, folder: 4, link: 10 };

/** `fuse_dirent` without the name; `fuse_entry_out`, which READDIRPLUS puts before it. */
const direntBytes = 24;
const entryOutBytes = 128;

/** Folders: their lists and their syncs. */
export const folderCalls: Partial<Record<OpcodeName, Call>> = {
  opendir({ volume, handles }, request, answer) {
    const folder = volume.inode(request.node);
    volume.hold(folder);
    answer.u64(answer.reserve(16), handles.add(folder));
  },

  readdir(served, request, answer) {
    list(served, request, answer, false);
  },

  readdirplus(served, request, answer) {
    list(served, request, answer, true);
  },

  releasedir({ handles }, request) {
    handles.close(request.u64(0));
  },

  fsyncdir({ volume, handles }, request) {
    volume.sync(handles.get(request.u64(0)).inode, (request.u32(8) & fsyncDataOnly) !== 0);
  },
};

/** Positions are indexes into the list as it was when it was begun. */
function list({ volume, handles }: Served, request: Request, answer: Answer, withAttributes: boolean): void {
  const handle = handles.get(request.u64(0));
  const from = request.u64(8);
  const limitBytes = request.u32(16);
  if (from === 0) handle.entries = entriesOf(handle.inode);
  const entries = handle.entries ?? [];
  for (let index = from; index < entries.length; index++) {
    const [name, inode] = entries[index] as Entry;
    const nameBytes = Buffer.byteLength(name);
    const bytes = (withAttributes ? entryOutBytes : 0) + direntBytes + Math.ceil(nameBytes / 8) * 8;
    if (answer.bodyBytes + bytes > limitBytes) return;
    if (withAttributes) {
      // of itself and its parent the kernel wants no attributes, and what is gone by now has none
      if (index < 2 || inode.names.length === 0) answer.reserve(entryOutBytes);
      else writeEntry(answer, volume, inode);
    }
    const at = answer.reserve(direntBytes + Math.ceil(nameBytes / 8) * 8);
    answer.u64(at, inode.id);
    answer.u64(at + 8, index + 1);
    answer.u32(at + 16, nameBytes);
    answer.u32(at + 20, entryTypes[inode.kind]);
    answer.text(at + direntBytes, name);
  }
}

function entriesOf(folder: Inode): Entry[] {
  return [['.', folder], ['..', folder.names[0]?.folder ?? folder], ...folder.children];
}

import { Errno } from '../core/errno.ts';
import type { Inode } from '../core/inode.ts';
import { writeEntry } from './attributes.ts';
import type { Call, Served } from './calls.ts';
import { nameIn, ownershipOf } from './name-calls.ts';
import {
  type Answer,
  dataSyncFlag,
  fallocateFlags,
  fsyncDataOnly,
  keepCache,
  type OpcodeName,
  type Request,
} from './wire.ts';

/** Open files. */
export const fileCalls: Partial<Record<OpcodeName, Call>> = {
  create({ volume, handles }, request, answer) {
    const folder = volume.inode(request.node);
    const file = volume.create(folder, nameIn(request, 16), ownershipOf(request, request.u32(4)));
    writeEntry(answer, volume, file);
    writeOpened(answer, handles.add(file));
  },

  open({ volume, handles }, request, answer) {
    const file = volume.inode(request.node);
    volume.hold(file);
    writeOpened(answer, handles.add(file));
  },

  read({ volume, handles }, request, answer) {
    const { inode } = handles.get(request.u64(0));
    answer.fill(request.u32(16), (into) => volume.read(inode, into, request.u64(8)));
  },

  write({ volume, handles }, request, answer) {
    const { inode } = handles.get(request.u64(0));
    const length = request.u32(16);
    volume.write(inode, request.bytes(40, length), request.u64(8));
    if (isSyncWrite(request)) volume.sync(inode, true);
    answer.u32(answer.reserve(8), length);
  },

  flush({ handles }, request) {
    handles.get(request.u64(0));
  },

  fsync({ volume, handles }, request) {
    volume.sync(handles.get(request.u64(0)).inode, (request.u32(8) & fsyncDataOnly) !== 0);
  },

  release({ handles }, request) {
    handles.close(request.u64(0));
  },

  fallocate({ volume, handles }, request) {
    allocate({ volume, handles }, handles.get(request.u64(0)).inode, request);
  },
};

/** O_SYNC, O_DSYNC or RWF_DSYNC. */
export function isSyncWrite(request: Request): boolean {
  return (request.u32(32) & dataSyncFlag) !== 0;
}

function writeOpened(answer: Answer, handle: number): void {
  const at = answer.reserve(16);
  answer.u64(at, handle);
  answer.u32(at + 8, keepCache);
}

/** Space is never reserved: what is allocated are zeros, and a full disk is found by the write. */
function allocate({ volume }: Served, file: Inode, request: Request): void {
  const start = request.u64(8);
  const end = start + request.u64(16);
  const mode = request.u32(24);
  const { keepSize, punchHole, zeroRange } = fallocateFlags;
  if ((mode & ~(keepSize | punchHole | zeroRange)) !== 0) throw new Errno('EOPNOTSUPP');
  const extend = (mode & keepSize) === 0;
  if ((mode & (punchHole | zeroRange)) !== 0) volume.zero(file, start, end, extend);
  else if (extend && end > file.sizeBytes) volume.truncate(file, end);
}

import { Errno } from '../core/errno.ts';
import type { Volume } from '../core/volume.ts';
import { fileCalls } from './file-calls.ts';
import { folderCalls } from './folder-calls.ts';
import type { Handles } from './handles.ts';
import { nameCalls } from './name-calls.ts';
import {
  type Answer,
  initFlags,
  maxWriteBytes,
  type OpcodeName,
  opcodes,
  pageBytes,
  protocol,
  type Request,
} from './wire.ts';

export interface Served {
  readonly volume: Volume;
  readonly handles: Handles;
}

/** Does what the kernel asks, and writes the body of the answer. Throws what the volume throws. */
export type Call = (served: Served, request: Request, answer: Answer) => void;

const connectionCalls: Partial<Record<OpcodeName, Call>> = {
  init(_, request, answer) {
    if (request.u32(0) !== protocol.major) throw new Errno('EPROTO');
    const wanted = Object.values(initFlags).reduce((all, flag) => all | flag, 0);
    const at = answer.reserve(64);
    answer.u32(at, protocol.major);
    answer.u32(at + 4, protocol.minor);
    answer.u32(at + 8, request.u32(8)); // readahead: as the kernel has it
    answer.u32(at + 12, wanted & request.u32(12));
    answer.u16(at + 16, 64); // requests that the kernel sends in the background
    answer.u16(at + 18, 48);
    answer.u32(at + 20, maxWriteBytes);
    answer.u32(at + 24, 1); // times are in nanoseconds
    answer.u16(at + 28, maxWriteBytes / pageBytes);
  },

  statfs({ volume }, _, answer) {
    const { blocks, bfree, bavail, files, ffree, bsize } = volume.store.space();
    const at = answer.reserve(80);
    for (const [index, value] of [blocks, bfree, bavail, files, ffree].entries()) answer.u64(at + index * 8, value);
    answer.u32(at + 40, bsize);
    answer.u32(at + 44, 255);
    answer.u32(at + 48, bsize);
  },

  destroy() {},
};

/** What is not here, the kernel is told to do by itself (ENOSYS): locks, xattrs, SEEK_HOLE, copy_file_range. */
export const calls: ReadonlyMap<number, Call> = new Map(
  Object.entries({ ...connectionCalls, ...nameCalls, ...folderCalls, ...fileCalls }).map(([name, call]) => [
    opcodes[name as OpcodeName],
    call,
  ]),
);

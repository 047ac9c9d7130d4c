import type { Operation } from '../failures/rules.ts';
import type { Served } from './calls.ts';
import { isSyncWrite } from './file-calls.ts';
import { opcodes, type Request, setattrFlags } from './wire.ts';

interface Meaning {
  readonly operation: Operation;
  /** Where its names are, behind the header; absent: it is about the inode itself. */
  readonly nameAt?: number;
}

const meanings: ReadonlyMap<number, Meaning> = new Map([
  [opcodes.lookup, { operation: 'stat', nameAt: 0 }],
  [opcodes.getattr, { operation: 'stat' }],
  [opcodes.setattr, { operation: 'chmod' }],
  [opcodes.symlink, { operation: 'create', nameAt: 0 }],
  [opcodes.mknod, { operation: 'create', nameAt: 16 }],
  [opcodes.mkdir, { operation: 'create', nameAt: 8 }],
  [opcodes.create, { operation: 'create', nameAt: 16 }],
  [opcodes.link, { operation: 'create', nameAt: 8 }],
  [opcodes.unlink, { operation: 'remove', nameAt: 0 }],
  [opcodes.rmdir, { operation: 'remove', nameAt: 0 }],
  [opcodes.rename, { operation: 'rename', nameAt: 8 }],
  [opcodes.rename2, { operation: 'rename', nameAt: 16 }],
  [opcodes.open, { operation: 'open' }],
  [opcodes.read, { operation: 'read' }],
  [opcodes.write, { operation: 'write' }],
  [opcodes.fallocate, { operation: 'write' }],
  [opcodes.fsync, { operation: 'sync' }],
  [opcodes.fsyncdir, { operation: 'sync' }],
  [opcodes.opendir, { operation: 'list' }],
  [opcodes.readdir, { operation: 'list' }],
  [opcodes.readdirplus, { operation: 'list' }],
] as [number, Meaning][]);

/** What a rule may act on; none for what no disk has to do with. */
export function operationsOf(request: Request): Operation[] {
  const { opcode } = request;
  if (opcode === opcodes.setattr && (request.u32(0) & setattrFlags.size) !== 0) return ['truncate'];
  if (opcode === opcodes.write && isSyncWrite(request)) return ['write', 'sync'];
  const meaning = meanings.get(opcode);
  return meaning === undefined ? [] : [meaning.operation];
}

/** Of a rename both. What has no name any more, or is gone, has no path. */
export function pathsOf(request: Request, { volume }: Served): string[] {
  const { opcode } = request;
  const path = volume.find(request.node)?.path;
  if (path === undefined) return [];
  const at = meanings.get(opcode)?.nameAt;
  if (at === undefined) return [path];
  const first = request.text(at) ?? '';
  const from = join(path, first);
  if (opcode !== opcodes.rename && opcode !== opcodes.rename2) return [from];
  const second = request.text(at + Buffer.byteLength(first) + 1) ?? '';
  const target = volume.find(request.u64(0))?.path;
  return target === undefined ? [from] : [from, join(target, second)];
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

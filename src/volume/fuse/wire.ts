/** The kernel's protocol on /dev/fuse: numbers and shapes of `<linux/fuse.h>`, version 7.31, little endian. */

export const opcodes = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  setattr: 4,
  readlink: 5,
  symlink: 6,
  mknod: 8,
  mkdir: 9,
  unlink: 10,
  rmdir: 11,
  rename: 12,
  link: 13,
  open: 14,
  read: 15,
  write: 16,
  statfs: 17,
  release: 18,
  fsync: 20,
  flush: 25,
  init: 26,
  opendir: 27,
  readdir: 28,
  releasedir: 29,
  fsyncdir: 30,
  access: 34,
  create: 35,
  interrupt: 36,
  destroy: 38,
  batchForget: 42,
  fallocate: 43,
  readdirplus: 44,
  rename2: 45,
} as const;

export type OpcodeName = keyof typeof opcodes;

/** Largest write that the kernel sends. */
export const maxWriteBytes = 1_048_576;
/** The kernel refuses to read into less than a write with its headers. */
export const requestBytes = maxWriteBytes + 4096;
export const pageBytes = 4096;

export const protocol = { major: 7, minor: 31 } as const;

/** Flags of INIT: what both sides can do. */
export const initFlags = {
  asyncRead: 1 << 0,
  bigWrites: 1 << 5,
  doReaddirplus: 1 << 13,
  readdirplusAuto: 1 << 14,
  parallelDirops: 1 << 18,
  maxPages: 1 << 22,
} as const;

/** Which fields of SETATTR count. */
export const setattrFlags = {
  mode: 1 << 0,
  uid: 1 << 1,
  gid: 1 << 2,
  size: 1 << 3,
  atime: 1 << 4,
  mtime: 1 << 5,
  atimeNow: 1 << 7,
  mtimeNow: 1 << 8,
} as const;

/** FOPEN_KEEP_CACHE: nobody but this volume changes the file, so what the kernel has of it stays right. */
export const keepCache = 1 << 1;
/** Of FSYNC: fdatasync. */
export const fsyncDataOnly = 1;
/** O_DSYNC, which O_SYNC includes, in the flags of a write. */
export const dataSyncFlag = 0o10000;
export const fallocateFlags = { keepSize: 1, punchHole: 2, zeroRange: 16 } as const;
export const renameNoReplace = 1;

const notifyCodes = { invalidateInode: 2, invalidateEntry: 3 } as const;
const headerBytes = 40;

/** One request of the kernel, in a buffer that is used again for the next one. */
export class Request {
  readonly buffer: Buffer;
  readonly length: number;

  constructor(buffer: Buffer, length: number) {
    this.buffer = buffer;
    this.length = length;
  }

  get opcode(): number {
    return this.buffer.readUInt32LE(4);
  }

  get node(): number {
    return readNumber(this.buffer, 16);
  }

  get uid(): number {
    return this.buffer.readUInt32LE(24);
  }

  get gid(): number {
    return this.buffer.readUInt32LE(28);
  }

  /** Thread that asked, in the pid namespace of whoever mounted; 0: none, or of another namespace. */
  get thread(): number {
    return this.buffer.readUInt32LE(32);
  }

  /** @param at offset behind the header, as in all that follow. */
  u32(at: number): number {
    return this.buffer.readUInt32LE(headerBytes + at);
  }

  /** Sizes and positions of files are below 2^53. */
  u64(at: number): number {
    return readNumber(this.buffer, headerBytes + at);
  }

  /** Ends with a zero. @returns undefined for what is not UTF-8. */
  text(at: number): string | undefined {
    const start = headerBytes + at;
    const end = this.buffer.indexOf(0, start);
    const text = this.buffer.toString('utf8', start, end);
    return text.includes('\ufffd') ? undefined : text;
  }

  bytes(at: number, length: number): Buffer {
    return this.buffer.subarray(headerBytes + at, headerBytes + at + length);
  }

  /** For an answer that comes later. */
  copy(): Request {
    return new Request(Buffer.from(this.buffer.subarray(0, this.length)), this.length);
  }
}

const answerHeaderBytes = 16;

/** One answer, in a buffer that is used again for the next one: what is behind the header is written by `u32` and the like. */
export class Answer {
  readonly #buffer = Buffer.alloc(answerHeaderBytes + requestBytes);
  #length = answerHeaderBytes;

  clear(): void {
    this.#length = answerHeaderBytes;
  }

  get bodyBytes(): number {
    return this.#length - answerHeaderBytes;
  }

  /** The next bytes, all zero. @returns a place to give to `u32` and the like. */
  reserve(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    this.#buffer.fill(0, at, this.#length);
    return at;
  }

  /** Takes back everything from a place on. */
  truncate(place: number): void {
    this.#length = place;
  }

  u16(place: number, value: number): void {
    this.#buffer.writeUInt16LE(value, place);
  }

  u32(place: number, value: number): void {
    this.#buffer.writeUInt32LE(value, place);
  }

  u64(place: number, value: number): void {
    this.#buffer.writeUInt32LE(value % 2 ** 32, place);
    this.#buffer.writeUInt32LE(Math.floor(value / 2 ** 32), place + 4);
  }

  /** The next bytes are to be written by the caller, who then says how many they are. */
  fill(limitBytes: number, write: (into: Buffer) => number): void {
    this.#length += write(this.#buffer.subarray(this.#length, this.#length + limitBytes));
  }

  text(place: number, text: string): void {
    this.#buffer.write(text, place, 'utf8');
  }

  /** The whole message that answers the request; with an error it has no body. */
  finish(request: Request, errno = 0): Buffer {
    const length = errno === 0 ? this.#length : answerHeaderBytes;
    this.#buffer.writeUInt32LE(length, 0);
    this.#buffer.writeInt32LE(-errno, 4);
    request.buffer.copy(this.#buffer, 8, 8, 16);
    return this.#buffer.subarray(0, length);
  }
}

/** Tells the kernel to forget what it has of a file: attributes and pages. */
export function invalidateInode(node: number): Buffer {
  const message = notification(notifyCodes.invalidateInode, 24);
  message.writeBigUInt64LE(BigInt(node), answerHeaderBytes);
  return message; // from position 0, length 0: all of it
}

/** Tells the kernel to forget who has a name. */
export function invalidateEntry(folder: number, name: string): Buffer {
  const bytes = Buffer.from(name);
  const message = notification(notifyCodes.invalidateEntry, 16 + bytes.length + 1);
  message.writeBigUInt64LE(BigInt(folder), answerHeaderBytes);
  message.writeUInt32LE(bytes.length, answerHeaderBytes + 8);
  bytes.copy(message, answerHeaderBytes + 16);
  return message;
}

/** A message to the kernel that answers nothing: its `unique` is 0, and its error a code. */
function notification(code: number, bodyBytes: number): Buffer {
  const message = Buffer.alloc(answerHeaderBytes + bodyBytes);
  message.writeUInt32LE(message.length, 0);
  message.writeInt32LE(code, 4);
  return message;
}

function readNumber(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 2 ** 32;
}

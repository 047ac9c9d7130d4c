import { constants } from 'node:os';

/** Names of errno(3) that the volume answers by itself. */
export type ErrnoName = keyof typeof constants.errno;

/** A call that fails as the kernel would have it fail. */
export class Errno extends Error {
  readonly code: ErrnoName;

  constructor(code: ErrnoName) {
    super(code);
    this.name = 'Errno';
    this.code = code;
  }
}

/** The positive number of an error: of ours, or of a call to the folder below; undefined: it is a bug. */
export function errnoOf(error: unknown): number | undefined {
  if (error instanceof Errno) return constants.errno[error.code];
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') return -error.errno;
  return undefined;
}

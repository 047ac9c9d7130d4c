import * as os from 'node:os';

/** `ENOENT` and the like; undefined if the error is none of the operating system's. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** An error as the operating system's own look in Node. */
export function systemError(code: keyof typeof os.constants.errno, syscall: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}, ${syscall}`), { code, errno: -os.constants.errno[code], syscall });
}

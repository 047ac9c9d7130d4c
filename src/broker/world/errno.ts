import * as os from 'node:os';

/** The code of an error of the operating system, such as `ENOENT`; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Makes an error that looks like one of the operating system in Node. */
export function systemError(code: keyof typeof os.constants.errno, syscall: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}, ${syscall}`), { code, errno: -os.constants.errno[code], syscall });
}

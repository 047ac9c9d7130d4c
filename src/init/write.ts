/** Writes new files, and never over one that is there. */
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { exitCodes, messageOf, ToolError } from '../errors.ts';

export interface NewFile {
  readonly path: string;
  readonly text: string;
  /** The option that gives it another name. */
  readonly option: string;
}

/** All of them, or none. @throws ToolError `file-exists` (exit 2), `file-not-written` (exit 4). */
export function writeNew(files: readonly NewFile[]): void {
  for (const file of files) if (isThere(file.path)) throw refusal(file);
  for (const file of files) {
    try {
      mkdirSync(dirname(file.path), { recursive: true });
      writeFileSync(file.path, file.text, { flag: 'wx' }); // somebody may have made it meanwhile
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw refusal(file);
      const hint = 'work in a folder that can be written';
      const message = `cannot write ${file.path}: ${messageOf(cause)}`;
      throw new ToolError(message, { code: 'file-not-written', hint, exitCode: exitCodes.setup, cause });
    }
  }
}

function refusal({ path, option }: NewFile): ToolError {
  const ending = extname(path);
  for (let number = 2; ; number += 1) {
    const free = join(dirname(path), `${basename(path, ending)}-${number}${ending}`);
    if (isThere(free)) continue;
    return new ToolError(`${path} is there already, and is not written over`, {
      code: 'file-exists',
      hint: `give another name: ${option} ${free}`,
    });
  }
}

/** Also a link that leads nowhere. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

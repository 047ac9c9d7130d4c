/** Folders for what nobody needs when the tool has ended. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes, messageOf, ToolError } from '../errors.ts';

/** @throws ToolError `no-temporary-folder` (exit 4). */
export function temporaryFolder(prefix: string): string {
  try {
    return mkdtempSync(join(tmpdir(), prefix));
  } catch (cause) {
    throw new ToolError(`cannot make a folder for temporary files in ${tmpdir()}: ${messageOf(cause)}`, {
      code: 'no-temporary-folder',
      hint: 'set TMPDIR to a folder that can be written',
      exitCode: exitCodes.setup,
      cause,
    });
  }
}

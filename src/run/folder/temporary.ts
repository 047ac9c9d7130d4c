/** Folders for what nobody needs when the tool has ended. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../cluster/proc.ts';
import { whyNotOurs } from '../../cluster/undo/ownership.ts';
import { exitCodes, messageOf, ToolError } from '../../errors.ts';

/** What a work folder is for: it is called `mqchaos-import-PID-…`. */
const works = ['import', 'query'] as const;

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

/**
 * A folder named by our process, so that whoever makes the next one, or `doctor clean`, can tell that nobody needs it any more.
 * @throws ToolError `no-temporary-folder` (exit 4).
 */
export function workFolder(work: (typeof works)[number]): Disposable & { readonly path: string } {
  sweepWorkFolders();
  const path = temporaryFolder(`${prefixOf(work)}${process.pid}-`);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Removes work folders of processes that were killed. Returns how many there were. */
export function sweepWorkFolders(): number {
  if (!existsSync(tmpdir())) return 0;
  const stale = readdirSync(tmpdir()).filter((name) => {
    const prefix = works.map(prefixOf).find((each) => name.startsWith(each));
    const pid = prefix === undefined ? undefined : /^(\d+)-/.exec(name.slice(prefix.length))?.[1];
    // whatever else is called so is not ours
    return pid !== undefined && whyNotOurs(join(tmpdir(), name)) === undefined && !isAlive(Number(pid));
  });
  for (const name of stale) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  return stale.length;
}

function prefixOf(work: string): string {
  return `mqchaos-${work}-`;
}

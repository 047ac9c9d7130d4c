/** Who is at work in a folder that holds several runs: `owner.json` names the process, or the last one that was. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, processStart } from '../../cluster/proc.ts';
import { messageOf, ToolError } from '../../errors.ts';
import { writeWhole } from './folder.ts';

/** Makes the folder this process's. @throws ToolError `folder-at-work` (exit 2) while another is at work there. */
export function own(path: string): void {
  const pid = ownerOf(path);
  if (pid !== undefined && pid !== process.pid) {
    throw new ToolError(`${path}: process ${pid} is at work there`, {
      code: 'folder-at-work',
      hint: 'wait for it, or interrupt it with Ctrl-C',
    });
  }
  writeWhole(fileIn(path), `${JSON.stringify({ pid: process.pid, start: processStart(process.pid) })}\n`);
}

/** The living process that is at work in the folder. @throws ToolError (exit 2) for a file that is none of ours. */
export function ownerOf(path: string): number | undefined {
  const file = fileIn(path);
  if (!existsSync(file)) return undefined;
  const { pid, start } = parse(file);
  return pid !== undefined && isAlive(pid) && processStart(pid) === start ? pid : undefined;
}

function fileIn(path: string): string {
  return join(path, 'owner.json');
}

function parse(file: string): { pid?: number; start?: string } {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) ?? {}) as { pid?: number; start?: string };
  } catch (cause) {
    throw new ToolError(`${file}: ${messageOf(cause)}`, {
      code: 'owner-unreadable',
      hint: 'it was not written by mqchaos: give another folder, or begin anew',
      cause,
    });
  }
}

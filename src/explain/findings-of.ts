/** The lines of findings.ndjson about one message, by a search for its name: the file is not parsed. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import type { Finding } from '../audit/audit.ts';

/** It stays in a core's cache. */
const chunkBytes = 512 * 1024;
const newline = 10;

/** Undefined: there is no such file, as nobody has audited the run. */
export function findingsOf(path: string, message: string): Finding[] | undefined {
  if (!existsSync(path)) return undefined;
  const wanted = Buffer.from(`"message":${JSON.stringify(message)}`);
  const found: Finding[] = [];
  const fd = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let kept = 0;
    for (let at = 0; ; ) {
      const read = readSync(fd, chunk, kept, chunkBytes - kept, at);
      at += read;
      const whole = read === 0 ? kept : chunk.subarray(0, kept + read).lastIndexOf(newline) + 1;
      found.push(...linesWith(chunk.subarray(0, whole), wanted));
      if (read === 0 || (whole === 0 && kept + read === chunkBytes)) return found;
      chunk.copyWithin(0, whole, kept + read);
      kept += read - whole;
    }
  } finally {
    closeSync(fd);
  }
}

function linesWith(lines: Buffer, wanted: Buffer): Finding[] {
  const found: Finding[] = [];
  for (let at = lines.indexOf(wanted); at >= 0; ) {
    const start = lines.lastIndexOf(newline, at) + 1;
    const next = lines.indexOf(newline, at);
    const end = next < 0 ? lines.length : next;
    const line = parsed(lines.toString('utf8', start, end));
    if (line !== undefined) found.push(line);
    at = lines.indexOf(wanted, end);
  }
  return found;
}

/** A line that is cut off says nothing. */
function parsed(line: string): Finding | undefined {
  try {
    return JSON.parse(line) as Finding;
  } catch {
    return undefined;
  }
}

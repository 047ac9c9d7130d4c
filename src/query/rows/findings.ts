/** The lines of findings.ndjson. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Finding } from '../../audit/audit.ts';
import { ToolError } from '../../errors.ts';

const chunkBytes = 256 * 1024;

/** @throws ToolError `findings-unreadable` (exit 2), which names the line. */
export function* findingsIn(path: string): Generator<Finding> {
  let number = 0;
  for (const line of linesOf(path)) {
    number += 1;
    if (line === '') continue;
    let finding: Finding;
    try {
      finding = JSON.parse(line) as Finding;
    } catch {
      throw new ToolError(`${path}:${number} is no finding`, {
        code: 'findings-unreadable',
        hint: 'mqchaos audit RUN writes them again',
      });
    }
    yield finding;
  }
}

function* linesOf(path: string): Generator<string> {
  const fd = openSync(path, 'r');
  try {
    const decoder = new TextDecoder();
    const chunk = new Uint8Array(chunkBytes);
    let left = '';
    for (;;) {
      const read = readSync(fd, chunk);
      const lines = (left + decoder.decode(chunk.subarray(0, read), { stream: read > 0 })).split('\n');
      left = read > 0 ? (lines.pop() ?? '') : '';
      yield* lines;
      if (read === 0) return;
    }
  } finally {
    closeSync(fd);
  }
}

/** What a process that has ended said last. */
import { readFileSync } from 'node:fs';

/** Why a process ended, as it said on stderr: one JSON line, or whatever its last line is. */
export function lastError(path: string): { message: string; code?: string; hint?: string } {
  let lines: string[];
  try {
    lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  } catch {
    return { message: '' };
  }
  const last = lines.at(-1) ?? '';
  try {
    const { error, message, hint } = JSON.parse(last) as { error?: string; message?: string; hint?: string };
    return {
      message: message ?? last,
      ...(error === undefined ? {} : { code: error }),
      ...(hint === undefined ? {} : { hint }),
    };
  } catch {
    return { message: last };
  }
}

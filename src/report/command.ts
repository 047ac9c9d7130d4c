/** Command lines that a reader can paste. */
import type { RunRecord } from './record.ts';

/** The command that repeats the run whose plan is in this file. Somebody else's records have none. */
export function againCommand(record: RunRecord, plan: string): string | undefined {
  return record.profile === undefined ? undefined : `mqchaos run --plan ${shellWord(plan)}`;
}

/** A word of a POSIX shell. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

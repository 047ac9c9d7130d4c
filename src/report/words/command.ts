/** Command lines that a reader can paste. */
import type { RunRecord } from '../record.ts';

/** The command that repeats the run whose plan is in this file. Somebody else's records have none. */
export function againCommand(record: RunRecord, plan: string): string | undefined {
  return record.profile === undefined ? undefined : `mqchaos run --plan ${shellWord(plan)}`;
}

/**
 * The command that tells the story of the worst that was found, of the run in this folder: what is not allowed before what is.
 * Of somebody else's records there is no story.
 */
export function whyCommand(record: RunRecord, folder: string): string | undefined {
  if (record.profile === undefined) return undefined;
  const told = record.findings.flatMap(({ allowed, examples }) => {
    const message = examples.find((each) => each.message !== undefined)?.message;
    return message === undefined ? [] : [{ allowed, message }];
  });
  const worst = told.find(({ allowed }) => !allowed) ?? told[0];
  return worst === undefined ? undefined : storyCommand(folder, worst.message);
}

/** The command that tells the story of a message of the run in this folder. */
export function storyCommand(folder: string, message: string): string {
  return `mqchaos explain ${shellWord(folder)} ${messageWord(message)}`;
}

/** A message as a shell takes it without quotes: `p1.1:41`. */
export function messageWord(message: string): string {
  return shellWord(message.replace(/#(\d+)$/, ':$1'));
}

/** A word of a POSIX shell. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

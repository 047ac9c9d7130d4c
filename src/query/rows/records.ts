/** The records of some kinds in journals, in their order. */
import { exitCodes, ToolError } from '../../errors.ts';
import { journalChunks } from '../../journal/reader.ts';
import { getRecord, isWhole, type RecordFields, recordWords } from '../../journal/record.ts';
import type { RunJournal } from './run.ts';

export interface JournalRecord {
  journal: RunJournal;
  record: RecordFields;
}

/** Gives the same object for each of them. @throws ToolError `journal-torn` (exit 3) for what was whole and is not any more. */
export function* recordsOf(journals: readonly RunJournal[], ...wanted: readonly number[]): Generator<JournalRecord> {
  const isWanted = new Uint8Array(256);
  for (const kind of wanted) isWanted[kind] = 1;
  const found = {} as JournalRecord;
  for (const journal of journals) {
    found.journal = journal;
    let before = 0;
    for (const words of journalChunks(journal.path, journal.records)) {
      for (let at = 0; at < words.length; at += recordWords) {
        if (!isWhole(words, at)) throw damage(journal, before + at / recordWords);
        if (isWanted[(words[at] as number) & 0xff] === 0) continue;
        found.record = getRecord(words, at);
        yield found;
      }
      before += words.length / recordWords;
    }
  }
}

function damage({ file }: RunJournal, record: number): ToolError {
  return new ToolError(`${file}: record ${record} is damaged, and was not when the journal was last read`, {
    code: 'journal-torn',
    hint: 'mqchaos audit RUN says what can be trusted',
    exitCode: exitCodes.inconclusive,
  });
}

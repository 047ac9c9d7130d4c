/** `mqchaos journal FILE`: one journal as NDJSON, an event a line. */
import { once } from 'node:events';
import { Command } from 'commander';
import { exitCodes, ToolError } from '../../errors.ts';
import { eventPass } from '../../journal/decode.ts';
import { readJournalHeader, scanJournal } from '../../journal/reader.ts';

export function journalCommand(): Command {
  return new Command('journal')
    .description('print one journal as NDJSON: its header, then an event a line')
    .argument('<file>', 'a *.journal file of a run folder')
    .action(printJournal);
}

async function printJournal(file: string): Promise<void> {
  process.stdout.write(`${JSON.stringify({ kind: 'header', ...readHeader(file) })}\n`);
  let lines: string[] = [];
  const { pass, finish } = eventPass((event) => lines.push(JSON.stringify(event)));
  const end = await scanJournal(file, (words, endWord) => {
    pass(words, endWord);
    print(lines);
    lines = [];
  });
  finish();
  print(lines);
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  if (end.state === 'torn') {
    throw new ToolError(`${file} is torn: ${end.reason ?? ''}; ${end.records} records before it are whole`, {
      code: 'journal-torn',
      hint: 'what is printed is what can be trusted',
      exitCode: exitCodes.inconclusive,
    });
  }
}

function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

function readHeader(file: string): ReturnType<typeof readJournalHeader> {
  try {
    return readJournalHeader(file);
  } catch (cause) {
    if (cause instanceof ToolError) throw cause;
    throw new ToolError(`cannot read ${file}: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`, {
      code: 'no-such-file',
      hint: 'journals are in the journal folder of a run',
      cause,
    });
  }
}

/** `mqchaos journal FILE`: one journal as NDJSON, an event a line. */

import { Command } from 'commander';
import { counted } from '../../counted.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import { eventPass } from '../../journal/decode.ts';
import { readJournalHeader, scanJournal } from '../../journal/reader.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { asCalled } from '../terminal.ts';

export function journalCommand(): Command {
  const command = new Command('journal')
    .description('print one journal as NDJSON: its header, then an event a line')
    .argument('<file>', 'a *.journal file of a run folder');
  return withOutput(command, 'changes nothing: NDJSON it is in any case')
    .addHelpText('after', asCalled('\nExamples:\n  mqchaos journal .mqchaos/latest/journal/runner.journal'))
    .action(printJournal);
}

async function printJournal(file: string, options: OutputOptions): Promise<void> {
  const terminal = terminalOf(options);
  terminal.result(JSON.stringify({ kind: 'header', ...readHeader(file) }));
  let lines: string[] = [];
  const print = (): void => {
    if (lines.length > 0) terminal.result(lines.join('\n'));
    lines = [];
  };
  const { pass, finish } = eventPass((event) => lines.push(JSON.stringify(event)));
  const end = await scanJournal(file, (words, endWord) => {
    pass(words, endWord);
    print();
  });
  finish();
  print();
  await terminal.flushed();
  if (end.state === 'torn') {
    throw new ToolError(`${file} is torn: ${end.reason ?? ''}; whole before it: ${counted(end.records, 'record')}`, {
      code: 'journal-torn',
      hint: 'what is printed is what can be trusted',
      exitCode: exitCodes.inconclusive,
    });
  }
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

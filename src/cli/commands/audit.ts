/** `mqchaos audit`: judges a run again, or somebody else's records. */
import { Command } from 'commander';
import { annotationsOf } from '../../report/ci/annotations.ts';
import { renderMarkdown } from '../../report/markdown.ts';
import type { RunRecord } from '../../report/record.ts';
import { findRun, type RunFolder, runFolder } from '../../run/folder/folder.ts';
import { judgeForeign } from '../../run/foreign/foreign.ts';
import { judge } from '../../run/judge.ts';
import { type Asked, type AuditOptions, askedFor } from '../audit-request.ts';
import { exitCodeOfVerdict, verdictCodes } from '../exit-codes.ts';
import { tellGitHub } from '../github.ts';
import { terminalOf, withOutput } from '../options.ts';
import { present } from '../present.ts';
import { asCalled } from '../terminal.ts';

export function auditCommand(): Command {
  const command = new Command('audit')
    .description('judge a run again (also one whose mqchaos died), or somebody else’s records')
    .argument('[run]', 'a run folder, or `latest`')
    .option('--sent <files...>', 'what was sent, one attempt a line; gzip too, - is stdin (docs/own-records.md)')
    .option('--received <files...>', 'what was received, one delivery a line')
    .option('--effects <files...>', 'what processing did, one message a line: its id, maybe group and count')
    .option(
      '--effects-query <file>',
      'the same, asked of a database: an SQL or YAML file with the query and where it is',
    )
    .option('--format <name>', 'how the files are written: mqchaos list formats')
    .option('--map <fields>', 'where the fields are: id=order.id,time=at(ms), or a YAML file')
    .option('--where <conditions>', 'which lines are about messages: event=sent, level!=debug, order.id');
  for (const side of ['sent', 'received', 'effects']) {
    command
      .option(`--${side}-format <name>`, `the same for the ${side} files alone`)
      .option(`--${side}-map <fields>`, `the same for the ${side} files alone`)
      .option(`--${side}-where <conditions>`, `the same for the ${side} files alone`);
  }
  command
    .option('--partial', 'the received files are only a part of what was received: what is missing is unseen, not lost')
    .option(
      '--acks-only',
      'the sent files hold acknowledgements alone: what is received beyond them was sent all the same',
    )
    .option(
      '--cluster <dir>',
      'the folder of the broker start that they ran against: its log and its faults are evidence',
    )
    .option(
      '--cluster-id <part>',
      'the id of a message in its record there: key, value, header:NAME or json:PATH (default: known by its place)',
    )
    .option('--out <dir>', 'with --sent and --received: write record and reports there; must be empty');
  return withOutput(command, 'one JSON document on stdout: the record')
    .addHelpText('after', asCalled(`${examples}${verdictCodes}`))
    .action(carryOut);
}

const examples = `
Examples:
  mqchaos audit latest
  mqchaos audit --sent sent.ndjson --received received.ndjson
  mqchaos audit --sent sent.ndjson --received received.ndjson --cluster data --cluster-id key
  mqchaos audit --sent acks.ndjson --received received.ndjson --acks-only --out audit`;

async function carryOut(run: string | undefined, options: AuditOptions): Promise<void> {
  const { record, folder } = await judged(askedFor(run, options));
  const exitCode = exitCodeOfVerdict(record.verdict.value);
  const where = folder === undefined ? {} : { folder };
  const terminal = terminalOf(options);
  present(record, { terminal, json: options.json === true, exitCode, ...where });
  tellGitHub(terminal, annotationsOf(record), renderMarkdown(record));
  process.exitCode = exitCode;
}

/** The record, and where its files are, if they are anywhere. */
async function judged(asked: Asked): Promise<{ record: RunRecord; folder?: RunFolder }> {
  if ('run' in asked) {
    const folder = findRun(asked.run);
    return { record: await judge(folder), folder };
  }
  const record = await judgeForeign(asked);
  return { record, ...(asked.out === undefined ? {} : { folder: runFolder(asked.out) }) };
}

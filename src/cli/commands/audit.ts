/** `mqchaos audit`: judges a run again, or somebody else's records. */
import { Command } from 'commander';
import { ToolError } from '../../errors.ts';
import type { RunRecord } from '../../report/record.ts';
import { findRun, type RunFolder, runFolder } from '../../run/folder.ts';
import { type ForeignRequest, judgeForeign } from '../../run/foreign.ts';
import { judge } from '../../run/judge.ts';
import { exitCodeOfVerdict, verdictCodes } from '../exit-codes.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { present } from '../present.ts';
import { asCalled } from '../terminal.ts';

interface AuditOptions extends OutputOptions {
  readonly sent?: string;
  readonly received?: string;
  readonly out?: string;
  readonly partial?: true;
  readonly acksOnly?: true;
}

export function auditCommand(): Command {
  const command = new Command('audit')
    .description('judge a run again (also one whose mqchaos died), or somebody else’s records')
    .argument('[run]', 'a run folder, or `latest`')
    .option('--sent <file>', 'NDJSON: what was sent, one attempt a line (docs/records.md)')
    .option('--received <file>', 'NDJSON: what was received, one delivery a line')
    .option('--partial', 'the received file is only a part of what was received: what is missing is unseen, not lost')
    .option(
      '--acks-only',
      'the sent file holds acknowledgements alone: what is received beyond it was sent all the same',
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
  mqchaos audit --sent acks.ndjson --received received.ndjson --acks-only --out audit`;

async function carryOut(run: string | undefined, options: AuditOptions): Promise<void> {
  const { record, folder } = await judged(askedFor(run, options));
  const exitCode = exitCodeOfVerdict(record.verdict.value);
  const where = folder === undefined ? {} : { folder };
  present(record, { terminal: terminalOf(options), json: options.json === true, exitCode, ...where });
  process.exitCode = exitCode;
}

type Asked = { readonly run: string } | ForeignRequest;

/** The record, and where its files are, if they are anywhere. */
async function judged(asked: Asked): Promise<{ record: RunRecord; folder?: RunFolder }> {
  if ('run' in asked) {
    const folder = findRun(asked.run);
    return { record: await judge(folder), folder };
  }
  const record = await judgeForeign(asked);
  return { record, ...(asked.out === undefined ? {} : { folder: runFolder(asked.out) }) };
}

/** A run or somebody else's records, never both. @throws ToolError `usage` (exit 2). */
function askedFor(run: string | undefined, { sent, received, out, partial, acksOnly }: AuditOptions): Asked {
  const refuse = (message: string, hint: string): ToolError => new ToolError(message, { code: 'usage', hint });
  const either = 'mqchaos audit latest, or: mqchaos audit --sent FILE --received FILE';
  if (sent !== undefined && received !== undefined) {
    if (run !== undefined) throw refuse('a run and --sent exclude each other', either);
    const files = { sent, received, complete: partial !== true, acksOnly: acksOnly === true };
    return { ...files, ...(out === undefined ? {} : { out }) };
  }
  if (sent !== undefined || received !== undefined)
    throw refuse('--sent and --received go together', 'give both files');
  if (run === undefined) throw refuse('no run is named', either);
  if (partial === true)
    throw refuse(
      '--partial goes with --sent and --received: of a run it is known what is missing',
      'mqchaos audit RUN',
    );
  if (acksOnly === true)
    throw refuse('--acks-only goes with --sent and --received: a run records every send', 'mqchaos audit RUN');
  if (out !== undefined)
    throw refuse('--out goes with --sent and --received: a run is judged where it is', 'mqchaos audit RUN');
  return { run };
}

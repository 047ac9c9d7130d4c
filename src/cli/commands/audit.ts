/** `mqchaos audit`: judges a run again, or somebody else's records. */
import { Command } from 'commander';
import { ToolError } from '../../errors.ts';
import type { RunRecord } from '../../report/record.ts';
import { findRun, type RunFolder, runFolder } from '../../run/folder.ts';
import { judgeForeign } from '../../run/foreign.ts';
import { judge } from '../../run/judge.ts';
import { exitCodeOfVerdict } from '../exit-codes.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { present } from '../present.ts';

interface AuditOptions extends OutputOptions {
  readonly sent?: string;
  readonly received?: string;
  readonly out?: string;
  readonly partial?: true;
}

export function auditCommand(): Command {
  const command = new Command('audit')
    .description('judge a run again (also one whose mqchaos died), or somebody else’s records')
    .argument('[run]', 'a run folder, or `latest`')
    .option('--sent <file>', 'NDJSON: what was sent, one attempt a line (docs/records.md)')
    .option('--received <file>', 'NDJSON: what was received, one delivery a line')
    .option('--partial', 'the received file is only a part of what was received: what is missing is unseen, not lost')
    .option('--out <dir>', 'with --sent and --received: write record and reports there; must be empty');
  return withOutput(command, 'one JSON document on stdout: the record').action(carryOut);
}

async function carryOut(run: string | undefined, options: AuditOptions): Promise<void> {
  refuseMixed(run, options);
  const { record, folder } = await judged(run, options);
  const exitCode = exitCodeOfVerdict(record.verdict.value);
  const where = folder === undefined ? {} : { folder };
  present(record, { terminal: terminalOf(options), json: options.json === true, exitCode, ...where });
  process.exitCode = exitCode;
}

/** The record, and where its files are, if they are anywhere. */
async function judged(
  run: string | undefined,
  options: AuditOptions,
): Promise<{ record: RunRecord; folder?: RunFolder }> {
  const { sent, received, out, partial } = options;
  if (sent === undefined || received === undefined) {
    const folder = findRun(run ?? '');
    return { record: await judge(folder), folder };
  }
  const where = out === undefined ? {} : { out };
  const record = await judgeForeign({ sent, received, complete: partial !== true, ...where });
  return { record, ...(out === undefined ? {} : { folder: runFolder(out) }) };
}

function refuseMixed(run: string | undefined, { sent, received, out, partial }: AuditOptions): void {
  const foreign = sent !== undefined || received !== undefined;
  if ((sent === undefined) !== (received === undefined)) {
    throw new ToolError('--sent and --received go together', { code: 'usage', hint: 'give both files' });
  }
  if (foreign === (run !== undefined)) {
    throw new ToolError(foreign ? 'a run and --sent exclude each other' : 'no run is named', {
      code: 'usage',
      hint: 'mqchaos audit latest, or: mqchaos audit --sent FILE --received FILE',
    });
  }
  if (partial === true && !foreign) {
    throw new ToolError('--partial goes with --sent and --received: of a run it is known what is missing', {
      code: 'usage',
      hint: 'mqchaos audit RUN',
    });
  }
  if (out !== undefined && !foreign) {
    throw new ToolError('--out goes with --sent and --received: a run is judged where it is', {
      code: 'usage',
      hint: 'mqchaos audit RUN',
    });
  }
}

/** `mqchaos audit`: judges a run again, or somebody else's records. */
import { Command } from 'commander';
import { ToolError } from '../../errors.ts';
import type { ForeignFiles } from '../../journal/import.ts';
import { annotationsOf } from '../../report/annotations.ts';
import { renderMarkdown } from '../../report/markdown.ts';
import type { RunRecord } from '../../report/record.ts';
import { findRun, type RunFolder, runFolder } from '../../run/folder.ts';
import { type ForeignRequest, judgeForeign } from '../../run/foreign/foreign.ts';
import { judge } from '../../run/judge.ts';
import { exitCodeOfVerdict, verdictCodes } from '../exit-codes.ts';
import { tellGitHub } from '../github.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { present } from '../present.ts';
import { asCalled } from '../terminal.ts';

/** How files are read: for all of them, and for the files of one side. */
interface ReadingOptions {
  readonly format?: string;
  readonly map?: string;
  readonly where?: string;
  readonly sentFormat?: string;
  readonly sentMap?: string;
  readonly sentWhere?: string;
  readonly receivedFormat?: string;
  readonly receivedMap?: string;
  readonly receivedWhere?: string;
  readonly effectsFormat?: string;
  readonly effectsMap?: string;
  readonly effectsWhere?: string;
}

interface AuditOptions extends OutputOptions, ReadingOptions {
  readonly sent?: readonly string[];
  readonly received?: readonly string[];
  readonly effects?: readonly string[];
  readonly effectsQuery?: string;
  readonly cluster?: string;
  readonly clusterId?: string;
  readonly out?: string;
  readonly partial?: true;
  readonly acksOnly?: true;
}

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
      '--cluster-id <where>',
      'what of a record there is the id: key, value, header:NAME, json:PATH (default: its place)',
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
function askedFor(run: string | undefined, options: AuditOptions): Asked {
  const { sent, received, effects, out, partial, acksOnly } = options;
  const refuse = (message: string, hint: string): ToolError => new ToolError(message, { code: 'usage', hint });
  const either = 'mqchaos audit latest, or: mqchaos audit --sent FILE --received FILE';
  if (sent !== undefined && received !== undefined) {
    if (run !== undefined) throw refuse('a run and --sent exclude each other', either);
    const { format, map, where } = options;
    const common = { format, map, where };
    const read = (files: readonly string[], own: Omit<ForeignFiles, 'files'>): ForeignFiles => ({
      files,
      format: own.format ?? common.format,
      map: own.map ?? common.map,
      where: own.where ?? common.where,
    });
    const { sentFormat, sentMap, sentWhere, receivedFormat, receivedMap, receivedWhere } = options;
    const { effectsFormat, effectsMap, effectsWhere, effectsQuery, cluster, clusterId } = options;
    if (effectsQuery !== undefined && effects !== undefined)
      throw refuse(
        '--effects and --effects-query exclude each other',
        'one says what processing did, the other asks for it',
      );
    if (clusterId !== undefined && cluster === undefined)
      throw refuse(
        '--cluster-id is about the records of a cluster',
        '--cluster DIR, the folder that broker start names',
      );
    return {
      sent: read(sent, { format: sentFormat, map: sentMap, where: sentWhere }),
      received: read(received, { format: receivedFormat, map: receivedMap, where: receivedWhere }),
      ...(effects === undefined
        ? {}
        : { effects: read(effects, { format: effectsFormat, map: effectsMap, where: effectsWhere }) }),
      complete: partial !== true,
      acksOnly: acksOnly === true,
      ...(effectsQuery === undefined ? {} : { effectsQuery }),
      ...(cluster === undefined ? {} : { cluster }),
      ...(clusterId === undefined ? {} : { clusterId }),
      ...(out === undefined ? {} : { out }),
    };
  }
  if (sent !== undefined || received !== undefined)
    throw refuse('--sent and --received go together', 'give both files');
  if (run === undefined) throw refuse('no run is named', either);
  const foreign = foreignOnly.find((name) => options[name] !== undefined);
  if (foreign !== undefined) {
    const why = reasons[foreign] ?? 'a run says itself how it is written';
    throw refuse(`--${dashed(foreign)} goes with --sent and --received: ${why}`, 'mqchaos audit RUN');
  }
  return { run };
}

const foreignOnly = [
  ...['partial', 'acksOnly', 'out', 'effects', 'effectsQuery', 'cluster', 'clusterId', 'format', 'map', 'where'],
  ...['sent', 'received', 'effects'].flatMap((side) => [`${side}Format`, `${side}Map`, `${side}Where`]),
] as (keyof AuditOptions)[];

const reasons: Partial<Record<keyof AuditOptions, string>> = {
  partial: 'of a run it is known what is missing',
  acksOnly: 'a run records every send',
  out: 'a run is judged where it is',
  effects: 'a run reads its own store',
  effectsQuery: 'a run reads its own store',
  cluster: 'a run reads its own log',
  clusterId: 'a run reads its own log',
};

function dashed(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

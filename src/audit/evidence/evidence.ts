/**
 * What the records can prove. A message may be called lost, skipped or undelivered only if no record is missing that
 * could show the contrary: every consumer's journal must be whole, and the group's drain proven.
 */
import { counted } from '../../counted.ts';
import type { DrainStep } from '../../journal/event.ts';
import type { PartitionRead } from '../history/stored.ts';
import type { Inventory, Role, Source } from './inventory.ts';
import type { DrainRecord, RunRecord } from './run-record.ts';

export interface JournalReport {
  readonly file: string;
  readonly role: Role | 'unknown';
  readonly writer: string;
  readonly state: 'closed' | 'unclosed' | 'torn' | 'unreadable' | 'missing';
  readonly records: number;
  /** How many records the runner counted in it when it saw that the writer had ended. */
  readonly noted?: number;
  /**
   * No record of its writer is missing: it was closed, or its writer was killed and it has as many as the runner
   * counted.
   */
  readonly whole: boolean;
  readonly problem?: string;
}

export interface Evidence {
  readonly journals: readonly JournalReport[];
  /** No receipt and no dead letter is missing. */
  readonly receiptsWhole: boolean;
  readonly producersWhole: boolean;
  /** Producers whose journals are whole: a message that such a journal does not attempt was never attempted. */
  readonly wholeProducers: ReadonlySet<number>;
  /** Every producer of the run is known, and its journal was given. */
  readonly rosterComplete: boolean;
  readonly hasReader: boolean;
  readonly readComplete: boolean;
  /** By group: whether its drain is proven. */
  readonly drained: readonly boolean[];
  /** What is missing, as sentences: the reasons for an inconclusive verdict. */
  readonly gaps: readonly string[];
}

export function weigh(
  inventory: Inventory,
  record: RunRecord,
  reads: ReadonlyMap<number, PartitionRead>,
  disordered: ReadonlySet<string>,
  weakKills: readonly string[],
): Evidence {
  const { sources, header } = inventory;
  const present = sources.map((source) => reportOf(source, record, disordered));
  const here = new Set(present.map((journal) => journal.file));
  const missing = record.workers.filter((worker) => !here.has(baseName(worker.journal))).map(missingReport);
  const journals = [...present, ...missing];
  const unknown = journals.some((journal) => journal.role === 'unknown');
  const wholeRole = (role: Role): boolean => !unknown && journals.every((each) => each.role !== role || each.whole);
  const producersWhole = wholeRole('producer');
  const buried = record.drain.some(({ step, ok }) => step === 'dead-letters' && ok);
  const unburied = buried && journals.every(({ role }) => role !== 'dead-letters');
  const deadLettersWhole = wholeRole('dead-letters') && !unburied;
  const receiptsWhole = wholeRole('consumer') && deadLettersWhole && record.complete && weakKills.length === 0;
  const hasReader =
    journals.some((each) => each.role === 'reader') || record.drain.some((each) => each.step === 'read');
  const partitions = header?.partitions ?? 0;
  const unread = unreadPartitions(reads, partitions);
  const readComplete = hasReader && unread.length === 0;
  const groups = header?.groups ?? [];
  const drains = groups.map((_, group) => drainGap(record, group));
  const gaps = [
    ...(header?.client === 'import' ? [] : journals.flatMap(journalGap)), // the import says what foreign files lack
    ...(record.complete ? [] : [runnerGap(inventory)]),
    ...weakKills.map(
      (file) => `${file}: its writer was killed while it acknowledged automatically, so receipts may be missing`,
    ),
    ...(unburied ? ['the journal of the dead letters is missing'] : []),
    ...(hasReader && unread.length > 0 ? [readGap(unread, partitions, reads)] : []),
    ...drains.flatMap((gap, group) =>
      gap === undefined ? [] : [`the drain of group ${groups[group]} is not proven: ${gap}`],
    ),
  ];
  if (groups.length === 0 && !hasReader) gaps.push('no consumer group and no reader: nothing could witness a message');
  const trusted = receiptsWhole && (!hasReader || readComplete);
  return {
    journals,
    receiptsWhole,
    producersWhole,
    wholeProducers: wholeProducers(sources, journals),
    rosterComplete: record.complete && !unknown && journals.every(isReadableProducer),
    hasReader,
    readComplete,
    drained: drains.map((gap) => gap === undefined && trusted),
    gaps,
  };
}

/** Why records of its writer may be missing from a journal that was read; undefined: none is. */
export function missingFrom({ file, state, records, problem }: Source, { workers }: RunRecord): string | undefined {
  if (problem !== undefined) return problem;
  const { records: noted, incomplete } = notedOf(file, workers) ?? {};
  if (incomplete !== undefined) return incomplete;
  if (noted !== undefined && records < noted)
    return `holds ${records} of the ${counted(noted, 'record')} that the runner counted`;
  if (state === 'closed' || (state === 'unclosed' && noted !== undefined)) return undefined;
  return 'ends without its closing mark, and the runner did not note how long it was';
}

function notedOf(file: string, workers: RunRecord['workers']): RunRecord['workers'][number] | undefined {
  return workers.findLast(({ journal }) => baseName(journal) === file);
}

function reportOf(source: Source, record: RunRecord, disordered: ReadonlySet<string>): JournalReport {
  const { file, header, state, records } = source;
  const worker = notedOf(file, record.workers);
  const noted = worker?.records;
  // what stands in the place of a journal does not say whose place that is
  const role = state === 'unreadable' ? worker?.role : header?.role;
  const problem = missingFrom(source, record) ?? (disordered.has(file) ? 'sequences are not dense' : undefined);
  return {
    file,
    role: role ?? 'unknown',
    writer: header?.writer ?? file,
    state,
    records,
    ...(noted === undefined ? {} : { noted }),
    whole: problem === undefined,
    ...(problem === undefined ? {} : { problem }),
  };
}

function isReadableProducer(journal: JournalReport): boolean {
  return journal.role !== 'producer' || (journal.state !== 'missing' && journal.state !== 'unreadable');
}

function missingReport(worker: RunRecord['workers'][number]): JournalReport {
  const { role, name, records } = worker;
  const noted = records === undefined ? {} : { noted: records };
  return { file: baseName(worker.journal), role, writer: name, state: 'missing', records: 0, ...noted, whole: false };
}

function wholeProducers(sources: readonly Source[], journals: readonly JournalReport[]): Set<number> {
  const whole = new Set<number>();
  for (const [at, source] of sources.entries()) {
    const producer = source.header?.role === 'producer' ? source.header.producer : undefined;
    if (producer !== undefined && journals[at]?.whole === true) whole.add(producer);
  }
  return whole;
}

function journalGap(journal: JournalReport): string[] {
  if (journal.role === 'runner' || journal.whole) return [];
  if (journal.state === 'missing') return [`${journal.file}: the journal of ${journal.writer} is missing`];
  return [`${journal.file}: ${journal.problem}`];
}

function runnerGap(inventory: Inventory): string {
  const { runner } = inventory;
  if (runner === undefined) return 'the journal of the runner is missing';
  return `${runner.file}: ${runner.problem ?? 'the journal of the runner was not closed: the run did not end by itself'}`;
}

function unreadPartitions(reads: ReadonlyMap<number, PartitionRead>, partitions: number): number[] {
  const all = Array.from({ length: partitions }, (_, partition) => partition);
  return all.filter((partition) => reads.get(partition)?.complete !== true);
}

function readGap(unread: readonly number[], partitions: number, reads: ReadonlyMap<number, PartitionRead>): string {
  const first = unread[0] ?? 0;
  const { reason: why, name = `partition ${first}` } = reads.get(first) ?? {};
  return `not read to the end: ${unread.length} of ${counted(partitions, 'partition')}, ${name} first${why === undefined ? '' : ` (${why})`}`;
}

const before: readonly DrainStep[] = ['settled', 'healed', 'probed', 'renewed'];

/** Why it is not proven that a group has read everything; undefined when it is proven. */
function drainGap(record: RunRecord, group: number): string | undefined {
  if (!record.complete) return 'the journal of the runner is incomplete';
  const drained = lastOf(record.drain, 'drained', group);
  if (drained === undefined) return 'it was never asked for';
  if (!drained.ok) return drained.proof ?? 'messages are left';
  for (const step of [...before, 'dead-letters'] as const) {
    const last = lastOf(record.drain, step, group);
    if (last === undefined && step !== 'dead-letters') return `the step '${step}' is not recorded`;
    if (last?.ok === false) return `the step '${step}' failed${last.proof === undefined ? '' : `: ${last.proof}`}`;
    if (last !== undefined && step !== 'dead-letters' && record.drain.indexOf(last) > record.drain.indexOf(drained)) {
      return `the step '${step}' came after it`;
    }
  }
  return undefined;
}

/** The last record of a step of the drain that is about this group or about all groups. */
function lastOf(drain: readonly DrainRecord[], step: DrainStep, group: number): DrainRecord | undefined {
  return drain.findLast((each) => each.step === step && (each.group === undefined || each.group === group));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

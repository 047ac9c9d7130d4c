/** The numbers, the faults, and the evidence that the verdict rests on. */
import { counted } from '../../counted.ts';
import type { RunRecord } from '../record.ts';
import { numberTexts } from '../words/numbers.ts';
import {
  drainSteps,
  faultTexts,
  latencies,
  milliseconds,
  outageTexts,
  seconds,
  shortGroup,
  sums,
} from '../words/phrases.ts';
import { html, list, type Markup, section, table } from './markup.ts';

/** Rows of a table or a list; of more journals or reads than that the troubled ones come first. */
const mostRows = 200;

export function numbersSection(record: RunRecord): Markup | undefined {
  const { counts } = record;
  const times = latencies(record).map(([name, { count, p50Us, p95Us, p99Us, p999Us, maxUs }]) => [
    ...[name, count, ...[p50Us, p95Us, p99Us, p999Us, maxUs].map(milliseconds)],
  ]);
  return section(
    'numbers',
    'Numbers',
    table(
      ['messages', 'whole', 'its parts'],
      sums(counts).map(([name, whole, parts]) => [name, whole, `= ${parts}`]),
      [1],
    ),
    list(numberTexts(record)),
    table(['latency', 'of', 'p50', 'p95', 'p99', 'p99.9', 'max'], times, [1, 2, 3, 4, 5, 6]),
  );
}

export function faultsSection(record: RunRecord): Markup | undefined {
  const faults = record.faults.map((fault) => html`<b>${fault.id}</b> ${faultTexts(fault).join(' · ')}`);
  const outages = (record.storeOutages ?? []).map((outage) => outageTexts(outage, record).join(' · '));
  return section(
    'faults',
    'Faults',
    faults.length === 0 && record.profile !== undefined ? html`<p>None.</p>` : undefined,
    list(faults.slice(0, mostRows)),
    rest(faults.length),
    outages.length === 0
      ? undefined
      : html`<h3>Outages of the store</h3>${list(outages.slice(0, mostRows))}${rest(outages.length)}`,
  );
}

export function evidenceSection(record: RunRecord): Markup | undefined {
  const { reads, journals, workers, drain, topic } = record;
  const drained = drainSteps(record).map(({ step, ok, proof, atNs }) => [ok ? '✓' : '✗', step, seconds(atNs), proof]);
  const groups = drain.proven.map(
    ({ group, proven }) => `${shortGroup(group, topic)}: ${proven ? 'drain proven' : 'drain not proven'}`,
  );
  const read = [...reads].sort((a, b) => Number(a.complete) - Number(b.complete));
  const whole = [...journals].sort((a, b) => Number(a.whole) - Number(b.whole));
  return section(
    'evidence',
    'Evidence',
    fold(`Drain: ${counted(drained.length, 'step')}`, list(groups), table(['', 'step', 'at', 'proof'], drained)),
    fold(
      `Reads of the log: ${counted(reads.length, 'partition')}, ${reads.filter(({ complete }) => complete).length} to the end`,
      table(
        ['partition', 'from', 'to', 'complete', 'reason'],
        read
          .slice(0, mostRows)
          .map((each) => [each.name ?? each.partition, each.from, each.to, each.complete ? '✓' : '✗', each.reason]),
        [0, 1, 2],
      ),
      rest(reads.length),
    ),
    fold(
      `Journals: ${journals.length}`,
      table(
        ['journal', 'role', 'state', 'records', 'problem'],
        whole.slice(0, mostRows).map((each) => [each.file, each.role, each.state, each.records, each.problem]),
        [3],
      ),
      rest(journals.length),
    ),
    fold(
      `Workers: ${workers.length}`,
      table(
        ['worker', 'role', 'started', 'ended', 'how'],
        workers
          .slice(0, mostRows)
          .map((each) => [each.name, each.role, at(each.startedNs), at(each.exitedNs), endText(each)]),
      ),
      rest(workers.length),
    ),
  );
}

function fold(summary: string, ...content: readonly (Markup | undefined)[]): Markup | undefined {
  if (content.every((each) => each === undefined)) return undefined;
  return html`<details><summary>${summary}</summary>${content}</details>
`;
}

function rest(count: number): Markup | undefined {
  return count > mostRows ? html`<p class="hint">${count - mostRows} more are in record.json.</p>` : undefined;
}

function at(ns: number | undefined): string | undefined {
  return ns === undefined ? undefined : seconds(ns);
}

function endText({ finished, signal, exitCode, error }: RunRecord['workers'][number]): string {
  const how = [
    ...(finished === true ? ['finished'] : []),
    ...(typeof signal === 'string' ? [signal] : []),
    ...(typeof exitCode === 'number' && exitCode !== 0 ? [`exit code ${exitCode}`] : []),
    ...(error === undefined ? [] : [error]),
  ];
  return how.join(', ');
}

/** All tables, in the order in which they are listed. */
import type { QueriedRun } from '../rows/run.ts';
import { commits } from './commits.ts';
import { findings } from './findings.ts';
import { deadLetters, effects, stored } from './log.ts';
import { messages } from './messages.ts';
import { processings, receipts } from './receipts.ts';
import { faults, nodes, workers } from './runner.ts';
import { sends } from './sends.ts';
import type { Table } from './table.ts';

/** @param findingsFile findings.ndjson of the run; need not be there. */
export function tablesOf(run: QueriedRun, findingsFile: string): readonly Table[] {
  return [
    ...[sends(run), messages(), receipts(run), processings(run), commits(run)],
    ...[stored(run), deadLetters(run), effects(run)],
    ...[findings(findingsFile, run.topic), faults(run), nodes(run), workers(run)],
  ];
}

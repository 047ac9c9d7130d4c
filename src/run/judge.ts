/** Judges a run folder: the audit over its journals, written down as record, findings and reports. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditRun, type Timeline } from '../audit/audit.ts';
import { ToolError } from '../errors.ts';
import { indexWatcher } from '../journal/lookup/index-file.ts';
import { readJournalHeader } from '../journal/reader.ts';
import { contractOf } from '../plan/contract.ts';
import { decodePlan } from '../plan/encode.ts';
import type { Plan } from '../plan/plan.ts';
import { type RunRecord, recordOf } from '../report/record.ts';
import { reports } from '../report/registry.ts';
import { timelineText } from '../report/timeline.ts';
import { FindingsFile } from './folder/findings-file.ts';
import { journalsOf, type RunFolder, writeWhole } from './folder/folder.ts';

/** @throws ToolError `not-a-run` (exit 2) for a folder that holds no run. */
export async function judge(folder: RunFolder): Promise<RunRecord> {
  const plan = readPlan(folder);
  using findings = new FindingsFile(folder.findings);
  const journals = journalsOf(folder);
  const audit = await auditRun({
    journals,
    names: { producer: producerNames(journals) },
    expectation: plan.expect,
    contract: contractOf(plan),
    plannedFaults: plan.faults.map(({ id, repetition }) => ({ id, optional: repetition === true })),
    onLines: (bytes) => findings.write(bytes),
    watch: indexWatcher(),
  });
  findings.keep();
  const record = recordOf(audit, plan, readEnvironment(folder));
  writeRecord(folder, record, audit.timeline);
  return record;
}

/** Writes the record, the timeline and all reports. */
export function writeRecord(folder: RunFolder, record: RunRecord, timeline: Timeline | undefined): void {
  if (timeline === undefined) rmSync(folder.timeline, { force: true });
  else writeWhole(folder.timeline, timelineText(timeline, record.run));
  writeWhole(folder.record, `${JSON.stringify(record, undefined, 2)}\n`);
  writeReports(folder, record);
}

export function writeReports(folder: RunFolder, record: RunRecord): void {
  for (const { file, render } of reports) writeFileSync(join(folder.path, file), render(record, folder.path));
}

export function readPlan(folder: RunFolder): Plan {
  if (!existsSync(folder.plan) || !existsSync(folder.journals)) {
    throw new ToolError(`${folder.path} is not a run of mqchaos: it has no plan.json and journal folder`, {
      code: 'not-a-run',
      hint: 'give a folder below .mqchaos/runs, or for other records: mqchaos audit --sent FILE --received FILE',
    });
  }
  return decodePlan(readFileSync(folder.plan, 'utf8'), folder.plan, true);
}

/** Producers by the worker that each was, as its journal is called: `p1.1`. */
function producerNames(journals: readonly string[]): (producer: number) => string {
  const writers = new Map<number, string>();
  for (const journal of journals) {
    try {
      const { producer, writer } = readJournalHeader(journal);
      if (producer !== undefined) writers.set(producer, writer);
    } catch {
      // no header, no name: the audit reports the file
    }
  }
  return (producer) => writers.get(producer) ?? `producer-${producer}`;
}

function readEnvironment(folder: RunFolder): Record<string, unknown> | undefined {
  const path = join(folder.path, 'environment.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) : undefined;
}

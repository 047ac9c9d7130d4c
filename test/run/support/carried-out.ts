/** A run by the tool itself, and what it left. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { assertSums } from '../../../src/audit/counts.ts';
import { eventPass } from '../../../src/journal/decode.ts';
import type { Event } from '../../../src/journal/event.ts';
import { readJournalHeader, scanJournal } from '../../../src/journal/reader.ts';
import type { RunRecord } from '../../../src/report/record.ts';
import { journalsOf, runFolder } from '../../../src/run/folder/folder.ts';
import type { Workspace } from '../../support/tool.ts';

export interface CarriedOut {
  readonly record: RunRecord;
  /** Journals by the name of their writer: `p1.1`. */
  readonly journals: ReadonlyMap<string, string>;
}

/** `mqchaos run` with these changes, which must pass: exit 0, and the counts of its record add up. */
export async function pass(workspace: Workspace, profile: string, sets: readonly string[] = []): Promise<CarriedOut> {
  const changes = sets.flatMap((set) => ['--set', set]);
  const args = ['run', profile, '--seed', '1', '--out', 'run', '--json', ...changes];
  const { code, stdout, stderr } = await workspace.run(args);
  if (stdout === '') throw new Error(`no record:\n${stderr}`);
  const record = JSON.parse(stdout) as RunRecord;
  const said = [stderr, ...record.verdict.reasons].join('\n');
  expect({ code, verdict: record.verdict }, said).toMatchObject({ code: 0, verdict: { value: 'pass' } });
  assertSums(record.counts);
  const journals = journalsOf(runFolder(join(workspace.folder, 'run')));
  return { record, journals: new Map(journals.map((path) => [readJournalHeader(path).writer, path])) };
}

/** What no honest broker may be accused of, where it is accused of it. */
export function accusations({ record }: CarriedOut): Record<string, number> {
  const { lost, rolledBack, skipped, unseen, pending, phantom, beyond, contradicted, corrupt, misrouted } =
    record.counts;
  const all = { lost, rolledBack, skipped, unseen, pending, phantom, beyond, contradicted, corrupt, misrouted };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count !== 0));
}

export async function eventsOf(journal: string): Promise<Event[]> {
  const events: Event[] = [];
  const { pass: take, finish } = eventPass((event) => events.push(event));
  await scanJournal(journal, take);
  finish();
  return events;
}

/** Sequences of first attempts, in the order of the journal. */
export async function begunIn(journal: string): Promise<number[]> {
  const events = await eventsOf(journal);
  return events.flatMap((event) => (event.kind === 'intended' && event.attempt === 1 ? [event.seq] : []));
}

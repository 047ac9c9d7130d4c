/** `junit.xml` of a repetition: a case for each run that was asked for. Each run has a `junit.xml` of its own as well. */
import { type Case, junitDocument } from '../report/ci/junit-document.ts';
import { againLine } from './phrases.ts';
import type { RepeatedRun, RepeatRecord } from './record.ts';

export function repeatJunit(record: RepeatRecord): string {
  const width = String(record.repeat).length;
  const cases = Array.from({ length: record.repeat }, (_, index): Case => {
    const name = `run ${String(index + 1).padStart(width, '0')}`;
    const run = record.runs[index];
    if (run !== undefined) return { name, ...caseOf(run) };
    return { name, result: 'skipped', type: 'not-run', says: ['not run: what came before it ended the repetition'] };
  });
  const { profile, startedAt, tookMs } = record;
  return junitDocument({ name: `${profile}.repeat`, startedAt, seconds: tookMs / 1000, cases });
}

function caseOf(run: RepeatedRun): Omit<Case, 'name'> {
  const result = ({ pass: 'passed', fail: 'failure', inconclusive: 'error' } as const)[run.verdict];
  const says = [...run.reasons, `seed ${run.seed}`, `again: ${againLine(run)}`];
  return { result, type: run.verdict, says, seconds: run.tookMs / 1000 };
}

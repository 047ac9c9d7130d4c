/**
 * `junit.xml`. Its list of cases follows from the profile alone, so that a CI server can compare one run with the next:
 * the verdict, each class of the audit, each expectation that is not on a class. A case fails on evidence alone. Where
 * the verdict is inconclusive its case is an error, which CI servers count as red, and no other case passes.
 */
import { type FindingClass, findingClasses } from '../../audit/class.ts';
import { meanings } from '../../audit/meaning.ts';
import type { BoundState } from '../../audit/verdict.ts';
import type { RunRecord } from '../record.ts';
import { answerOf } from '../words/answer.ts';
import { contractText, exampleText, outageTexts, undecidedText } from '../words/phrases.ts';
import { remarks } from '../words/remarks.ts';
import { type Case, junitDocument } from './junit-document.ts';

export function renderJunit(record: RunRecord): string {
  return junitDocument({
    name: record.profile?.name ?? 'records',
    startedAt: record.startedAt,
    seconds: lastedSeconds(record),
    cases: casesOf(record),
  });
}

function casesOf(record: RunRecord): Case[] {
  const cases = [...findingClasses.map((name) => classCase(record, name)), ...expectationCases(record)];
  const { value } = record.verdict;
  const because = `the run is inconclusive: ${answerOf(record).reasons[0] ?? ''}`;
  const honest = cases.map((each): Case => {
    if (value !== 'inconclusive' || each.result !== 'passed') return each;
    return { ...each, result: 'skipped', type: 'inconclusive', says: [because, ...each.says] };
  });
  return [verdictCase(record), ...honest];
}

function verdictCase(record: RunRecord): Case {
  const { value } = record.verdict;
  const { sentence, reasons } = answerOf(record);
  const question = record.profile === undefined ? [] : [record.profile.question];
  const outages = (record.storeOutages ?? []).map((outage) => outageTexts(outage, record).join(' · '));
  const result = ({ pass: 'passed', fail: 'failure', inconclusive: 'error' } as const)[value];
  const says = [sentence, ...question, ...reasons, ...outages];
  // a server adds up the times of the cases: the run is the verdict's
  return { name: 'verdict', result, type: value, says, seconds: lastedSeconds(record) };
}

function classCase(record: RunRecord, name: FindingClass): Case {
  const finding = record.findings.find((each) => each.class === name);
  if (finding === undefined) return { name, result: 'passed', type: name, says: [`0: ${meanings[name]}`] };
  const { count, allowed, limit, undecided, examples } = finding;
  if (!allowed) {
    const bound = limit === undefined ? '' : `, expected at most ${limit}`;
    const why = [contractText(finding), ...undecidedText(finding)].filter((text) => text !== undefined);
    const worst = examples.map((example) => exampleText(example, record));
    return { name, result: 'failure', type: name, says: [`${count}: ${meanings[name]}${bound}`, ...why, ...worst] };
  }
  const says = [`${count}: ${meanings[name]}`, ...remarks(record, finding)];
  if (undecided === undefined) return { name, result: 'passed', type: name, says };
  return { name, result: 'skipped', type: 'undecided', says: [`undecided: ${undecided}`, ...says] };
}

function expectationCases(record: RunRecord): Case[] {
  const { recoveryMs, ackedShare, harm = [] } = record.profile?.expect ?? {};
  const { value, bounds, reasons } = record.verdict;
  const unsaid = value === 'pass' ? 'kept' : undefined; // in records of before
  return [
    ...harm.map((name) => harmCase(record, name)),
    ...(recoveryMs === undefined
      ? []
      : [
          boundCase('recovery', bounds?.recoveryMs ?? unsaid, [
            `expected at most ${recoveryMs} ms without an ack`,
            ...reasons,
          ]),
        ]),
    ...(ackedShare === undefined
      ? []
      : [
          boundCase('acked share', bounds?.ackedShare ?? unsaid, [
            `expected at least ${Number((ackedShare * 100).toFixed(2))} % acked`,
            ...reasons,
          ]),
        ]),
  ];
}

/** A harm that was not shown fails the run only where nothing else was missing. */
function harmCase({ verdict, findings }: RunRecord, harm: FindingClass): Case {
  const name = `harm shown: ${harm}`;
  const count = findings.find((each) => each.class === harm)?.count ?? 0;
  const says = [`${count} ${harm}: ${meanings[harm]}`, ...verdict.reasons];
  if (verdict.tooWeak?.includes(harm)) return { name, result: 'failure', type: 'too-weak', says };
  const shown = verdict.value === 'pass' || count > 0;
  return shown ? { name, result: 'passed', type: harm, says } : { name, result: 'skipped', type: 'not-shown', says };
}

function boundCase(name: string, state: BoundState | undefined, says: readonly string[]): Case {
  switch (state) {
    case 'kept':
      return { name, result: 'passed', type: name, says: says.slice(0, 1) };
    case 'missed':
      return { name, result: 'failure', type: name, says };
    default:
      return { name, result: 'skipped', type: 'undecided', says };
  }
}

/** From the base of the run's clock to its last phase. Somebody else's records have none. */
function lastedSeconds({ phases }: RunRecord): number {
  return Math.max(0, ...phases.map(({ atNs }) => atNs)) / 1e9;
}

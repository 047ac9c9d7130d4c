/**
 * `junit.xml`. Its list of cases follows from the profile alone, so that a CI server can compare one run with the next:
 * the verdict, each class of the audit, each expectation that is not on a class. A case fails on evidence alone. Where
 * the verdict is inconclusive its case is an error, which CI servers count as red, and no other case passes.
 */
import { type FindingClass, findingClasses } from '../audit/class.ts';
import { meanings } from '../audit/meaning.ts';
import type { BoundState } from '../audit/verdict.ts';
import { answerOf } from './answer.ts';
import { contractText, exampleText, outageTexts, undecidedText } from './phrases.ts';
import type { RunRecord } from './record.ts';
import { remarks } from './remarks.ts';
import { type XmlElement, xmlDocument } from './xml.ts';

interface Case {
  readonly name: string;
  readonly result: 'passed' | 'failure' | 'error' | 'skipped';
  /** What kind of failure or error it is. */
  readonly type: string;
  /** Lines; the first is the message. */
  readonly says: readonly string[];
}

export function renderJunit(record: RunRecord): string {
  const cases = casesOf(record);
  const seconds = lastedSeconds(record).toFixed(3);
  const title = `mqchaos ${record.profile?.name ?? 'records'}`;
  const count = (result: Case['result']): number => cases.filter((each) => each.result === result).length;
  const numbers = { tests: cases.length, failures: count('failure'), errors: count('error') };
  const suite: XmlElement = {
    name: 'testsuite',
    attributes: {
      ...{ name: title, ...numbers, skipped: count('skipped'), time: seconds },
      timestamp: record.startedAt?.slice(0, 19), // UTC without a zone, as Ant writes it
    },
    // a server adds up the times of the cases: the run is the verdict's
    content: cases.map((each, at) => caseElement(each, title.replace(' ', '.'), at === 0 ? seconds : '0.000')),
  };
  return xmlDocument({
    name: 'testsuites',
    attributes: { name: title, ...numbers, time: seconds },
    content: [suite],
  });
}

function caseElement({ name, result, type, says }: Case, classname: string, time: string): XmlElement {
  const text = says.join('\n');
  const outcome = { name: result, attributes: { message: says[0], type } };
  const told = { name: 'system-out', content: text };
  // servers show the text of a failure, and of a skipped case its message alone
  const content = { passed: [told], failure: [{ ...outcome, content: text }], error: [{ ...outcome, content: text }] };
  return {
    name: 'testcase',
    attributes: { classname, name, time },
    content: result === 'skipped' ? [outcome, told] : content[result],
  };
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
  return { name: 'verdict', result, type: value, says: [sentence, ...question, ...reasons, ...outages] };
}

function classCase(record: RunRecord, name: FindingClass): Case {
  const finding = record.findings.find((each) => each.class === name);
  if (finding === undefined) return { name, result: 'passed', type: name, says: [`0: ${meanings[name]}`] };
  const { count, allowed, limit, undecided, examples } = finding;
  if (!allowed) {
    const bound = limit === undefined ? '' : `; at most ${limit} allowed`;
    const why = [contractText(finding), ...undecidedText(finding)].filter((text) => text !== undefined);
    const worst = examples.map((example) => exampleText(example, record.topic));
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
            `at most ${recoveryMs} ms without an ack allowed`,
            ...reasons,
          ]),
        ]),
    ...(ackedShare === undefined
      ? []
      : [
          boundCase('acked share', bounds?.ackedShare ?? unsaid, [
            `at least ${ackedShare * 100} % acked required`,
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

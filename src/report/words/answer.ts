/**
 * The answer to the profile's question: one sentence, and what it rests on. A question is free text, so the sentence is
 * never a bare yes or no, which could be the wrong one: it says what the records show.
 */
import type { Counts, FindingSummary } from '../../audit/audit.ts';
import type { FindingClass } from '../../audit/class.ts';
import { counted } from '../../counted.ts';
import type { RunRecord } from '../record.ts';
import { shortGroup } from './phrases.ts';

export interface Answer {
  readonly sentence: string;
  /** Of the verdict, with the groups' short names. */
  readonly reasons: readonly string[];
}

export function answerOf(record: RunRecord): Answer {
  const reasons = record.verdict.reasons.map((reason) =>
    record.groups.reduce((text, group) => text.replaceAll(group, shortGroup(group, record.topic)), reason),
  );
  return { sentence: sentenceOf(record), reasons };
}

function sentenceOf(record: RunRecord): string {
  const harm = record.profile?.expect.harm ?? [];
  switch (record.verdict.value) {
    case 'pass':
      return harm.length > 0
        ? `Shown: ${listed(record.findings.filter(({ class: name }) => harm.includes(name)))}.`
        : fates(record);
    case 'inconclusive':
      return `Not answered: evidence is missing. What there is: ${uncapitalized(fates(record))}`;
    case 'fail': {
      const wrong = record.findings.filter(({ allowed }) => !allowed);
      const others = wrong.filter(({ class: name }) => !fateClasses.has(name));
      if (others.length < wrong.length) {
        return others.length === 0 ? fates(record) : `${fates(record)} Also found: ${listed(others)}.`;
      }
      if (wrong.length > 0) return `Found: ${listed(wrong)}.`;
      if (harm.length > 0) return `Not shown: ${harm.join(', ')}.`;
      return `${fates(record)} But the run was not as it has to be.`;
    }
  }
}

/** Classes that `fates` tells of. */
const fateClasses: ReadonlySet<FindingClass> = new Set(['lost', 'rolled-back', 'skipped']);

function listed(findings: readonly FindingSummary[]): string {
  return findings
    .map(({ class: name, count }) => `${counted(count, name === 'unavailable' ? 'fault' : 'message')} ${name}`)
    .join(', ');
}

/** What became of the acknowledged messages. */
function fates({ counts, groups }: RunRecord): string {
  const { acked } = counts;
  if (acked === 0) return 'No message was acknowledged.';
  const harmed = harms.filter(([key]) => counts[key] > 0).map(([key, words]) => `${counts[key]} ${words}`);
  if (harmed.length > 0) return `Of ${counted(acked, 'acknowledged message')}: ${harmed.join(', ')}.`;
  const witness =
    groups.length === 0 ? 'the log holds' : groups.length === 1 ? 'the group received' : 'each group received';
  return acked === 1
    ? `The one acknowledged message was not lost: ${witness} it.`
    : `None of ${acked} acknowledged messages was lost: ${witness} all of them.`;
}

function uncapitalized(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

const harms = [
  ['lost', 'lost'],
  ['rolledBack', 'rolled back'],
  ['skipped', 'passed over by a group'],
  ['unseen', 'not received so far, which is no proof of a loss'],
] as const satisfies readonly (readonly [keyof Counts, string])[];

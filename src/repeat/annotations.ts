/** What a repetition comes to as annotations of a CI job: the whole, and its first failure. */
import type { Annotation } from '../report/ci/annotations.ts';
import { verdictWords } from '../report/words/phrases.ts';
import { againLine, boundText, headline } from './phrases.ts';
import type { RepeatRecord } from './record.ts';

export function annotationsOfRepeat(record: RepeatRecord): Annotation[] {
  const { verdict, profile, firstFailure } = record;
  if (verdict === 'pass') return [];
  const whole = `${headline(record)}\n${boundText(record)}`;
  return [
    { level: 'error', title: `${profile}: ${verdictWords[verdict]}`, message: whole },
    ...(firstFailure === undefined
      ? []
      : [
          {
            level: 'error' as const,
            title: `${profile}: first failure, seed ${firstFailure.seed}`,
            message: [...firstFailure.reasons, `again: ${againLine(firstFailure)}`].join('\n'),
          },
        ]),
  ];
}

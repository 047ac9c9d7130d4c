/** What the runs of one measure prove. */
import type { Measure } from './measures.ts';
import { asItShould, type Outcome, outcomeOf, type Result } from './result.ts';

export type RowVerdict = 'proven' | 'not-held' | 'too-weak' | 'inconclusive' | 'not-run';

export interface RowJudgement {
  readonly verdict: RowVerdict;
  /** Sentences: what it rests on, with the folders of the runs that say so. */
  readonly reasons: readonly string[];
}

/**
 * Not held: any run with evidence against it, however many there are for it. Too weak: with the measure off fewer than nine
 * in ten were harmed, even if those that are open had been. Inconclusive: runs are missing, or fewer than nine in ten of a
 * half went as they should. Else proven.
 * @param repeat how many runs each half was to have.
 */
export function judgeRow(measure: Measure, results: readonly Result[], repeat: number): RowJudgement {
  const against = results.filter((result) => ['harmed', 'broken'].includes(outcomeOf(result)));
  if (against.length > 0) return { verdict: 'not-held', reasons: against.map(reasonOf) };
  const needed = Math.ceil((repeat * 9) / 10);
  const weak = results.filter((result) => outcomeOf(result) === 'weak');
  if (repeat - weak.length < needed) return { verdict: 'too-weak', reasons: weak.map(reasonOf) };
  const halves = measure.profiles.map(([name]) => ({ name, runs: results.filter(({ half }) => half === name) }));
  const missing = halves
    .filter(({ runs }) => runs.length < repeat)
    .map(({ name, runs }) => `${name}: ${runs.length} of ${repeat} runs`);
  const short = halves.some(({ runs }) => runs.filter(asItShould).length < needed);
  const others = results.filter((result) => !asItShould(result)).map(reasonOf);
  return { verdict: missing.length > 0 || short ? 'inconclusive' : 'proven', reasons: [...missing, ...others] };
}

const words: Partial<Record<Outcome, string>> = {
  weak: 'the faults fired, and harmed nothing',
  broken: 'not as its profile expects',
};

function reasonOf(result: Result): string {
  const word = words[outcomeOf(result)];
  return `${result.folder}: ${word === undefined ? '' : `${word}: `}${result.reasons.join('; ')}`;
}

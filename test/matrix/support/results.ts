/** Results by hand. */
import { findMeasures, type Half, type Measure } from '../../../src/matrix/measures.ts';
import type { Result } from '../../../src/matrix/result.ts';
import { stepsOf } from '../../../src/matrix/step.ts';

export function measure(name: string): Measure {
  const [found] = findMeasures([name]);
  if (found === undefined) throw new Error(name);
  return found;
}

/** What a run comes to that goes as it should, with changes. */
export function result(name: string, half: Half, repetition = 1, changes: Partial<Result> = {}): Result {
  const { harm } = measure(name);
  const step = stepsOf([measure(name)], 7, repetition).find(
    (each) => each.half === half && each.repetition === repetition,
  );
  if (step === undefined) throw new Error(`no ${half} of ${name}`);
  const shown = half === 'off' ? 12 : 0;
  return {
    ...step,
    verdict: 'pass',
    reasons: ['as planned'],
    attempted: 100,
    acked: 99,
    harm: Object.fromEntries(harm.map((each, index) => [each, index === 0 ? shown : 0])),
    forbidden: [],
    tookMs: 1500,
    ...changes,
  };
}

/** All of a measure's runs. */
export function whole(name: string, repeat = 1): Result[] {
  return Array.from({ length: repeat }, (_, index) => index + 1).flatMap((repetition) =>
    measure(name).profiles.map(([half]) => result(name, half, repetition)),
  );
}

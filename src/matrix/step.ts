/** The runs of a matrix, and the seed of each. */
import { join } from 'node:path';
import { stream } from '../plan/random.ts';
import type { Half, Measure } from './measures.ts';

export interface Step {
  readonly measure: string;
  readonly half: Half;
  /** From 1. */
  readonly repetition: number;
  readonly seed: number;
  /** Of the run, below that of the matrix. */
  readonly folder: string;
}

/** All measures once before any comes a second time, so that a matrix cut short has something on each. */
export function stepsOf(measures: readonly Measure[], seed: number, repeat: number): Step[] {
  return Array.from({ length: repeat }, (_, index) => index + 1).flatMap((repetition) =>
    measures.flatMap(({ name: measure, profiles }) =>
      profiles.map(
        ([half]): Step => ({
          measure,
          half,
          repetition,
          seed: seedOf(seed, measure, repetition),
          folder: join('runs', `${measure}-${half}-${String(repetition).padStart(2, '0')}`),
        }),
      ),
    ),
  );
}

/** The same in all halves: a pair differs in its measure alone. A choice of measures or of repetitions changes none. */
function seedOf(seed: number, measure: string, repetition: number): number {
  return stream(seed, `matrix/${measure}/${repetition}`).int(2 ** 32);
}

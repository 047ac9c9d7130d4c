/** Processing that fails by chance. What fails follows from the seed, so that every consumer decides the same. */
import type { FailingPlan } from '../plan/plan.ts';
import { drawn } from '../plan/random.ts';

export interface Failing {
  /** Whether this try at processing a message fails; tries count from 1. */
  fails(producer: number, seq: number, attempt: number): boolean;
}

export function failingBy({ share, by }: FailingPlan, seed: number): Failing {
  if (by === 'message') return { fails: (producer, seq) => drawn(seed, 'poison', producer, seq) < share };
  return { fails: (producer, seq, attempt) => drawn(seed, 'failing', producer, seq, attempt) < share };
}

export class PlannedFailure extends Error {
  constructor(attempt: number) {
    super(`processing failed as planned, at try ${attempt}`);
    this.name = 'PlannedFailure';
  }
}

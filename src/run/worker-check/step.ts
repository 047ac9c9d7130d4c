/** One step of a check: what is expected of the worker, and what it did. */
export interface Step {
  readonly name: string;
  /** What a right worker does, in a sentence. */
  readonly expected: string;
  /** Resolves with what was seen. @throws StepFailed with what was seen instead. */
  run(): Promise<string>;
}

export interface StepResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly expected: string;
  /** What was seen; absent of a step that was skipped. */
  readonly seen?: string;
}

export class StepFailed extends Error {}

/** @throws StepFailed with the text, which may be costly to make, if it does not hold. */
export function demand(holds: boolean, seen: string | (() => string)): asserts holds {
  if (!holds) throw new StepFailed(typeof seen === 'string' ? seen : seen());
}

/** The first few of them, and how many there are. */
export function some(items: readonly (number | string)[]): string {
  const first = items.slice(0, 5).join(', ');
  return items.length > 5 ? `${first} and ${items.length - 5} more` : first;
}

/** A matrix by hand: its choices, rows and results. */
import { type Choices, newChoices } from '../../../src/matrix/choices.ts';
import type { Result } from '../../../src/matrix/result.ts';
import type { Row } from '../../../src/matrix/row.ts';
import { measure, result, whole } from './results.ts';

const names = ['sync-send', 'several-masters', 'sync-flush', 'redis-id'];

export function rowsOf(missing: Record<string, string> = {}): Row[] {
  return names.map((name) => {
    const why = missing[name];
    return { measure: measure(name), profiles: new Map(), ...(why === undefined ? {} : { missing: why }) };
  });
}

export function choices(changes: Partial<Choices> = {}): Choices {
  return {
    ...newChoices({ seed: 7, repeat: 1, only: names, set: [], cluster: false, allowRemote: false }),
    ...changes,
  };
}

export const results: Result[] = [
  ...whole('sync-send'),
  result('several-masters', 'on', 1, { gapMs: 40 }),
  result('several-masters', 'off', 1, { gapMs: 12_340 }),
  result('sync-flush', 'on', 1, {
    verdict: 'fail',
    forbidden: ['lost'],
    harm: { lost: 2 },
    reasons: ['2 messages lost'],
  }),
  result('sync-flush', 'off'),
];

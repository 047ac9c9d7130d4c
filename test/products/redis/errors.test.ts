/** The table of what Redis's errors say of a message: a case a row, and the rule for what is not in it. */
import { describe, expect, test } from 'vitest';
import { addErrors, outcomeOf } from '../../../src/products/redis/client/errors.ts';

describe('errors of XADD', () => {
  test.each([
    ['LOADING', 'rejected'],
    ['READONLY', 'rejected'],
    ['MASTERDOWN', 'rejected'],
    ['MISCONF', 'rejected'],
    ['NOREPLICAS', 'rejected'],
    ['OOM', 'rejected'],
    ['BUSY', 'rejected'],
    ['NOAUTH', 'rejected'],
    ['NOPERM', 'rejected'],
    ['WRONGPASS', 'rejected'],
    ['DENIED', 'rejected'],
    ['MOVED', 'rejected'],
    ['ASK', 'rejected'],
    ['TRYAGAIN', 'rejected'],
    ['CROSSSLOT', 'rejected'],
    ['CLUSTERDOWN', 'rejected'],
    ['WRONGTYPE', 'rejected'],
    ['ERR', 'unknown'],
    ['EXECABORT', 'unknown'],
    ['UNBLOCKED', 'unknown'],
    ['NOSCRIPT', 'unknown'],
    ['NOPROTO', 'unknown'],
  ])('%s: %s', (code, outcome) => {
    expect(addErrors.some((row) => row.code === code)).toBe(true);
    expect(outcomeOf({ how: 'answer', code })).toEqual({ outcome, reason: code });
  });

  test('every row has its case above', () => {
    expect(addErrors).toHaveLength(22);
    expect(new Set(addErrors.map(({ code }) => code)).size).toBe(22);
  });

  test('what is not in the table proves nothing, and what is no name is not repeated', () => {
    expect(outcomeOf({ how: 'answer', code: 'SOMETHING' })).toEqual({ outcome: 'unknown', reason: 'SOMETHING' });
    expect(outcomeOf({ how: 'answer', code: 'upstream:' })).toEqual({ outcome: 'unknown', reason: 'error-unnamed' });
    expect(outcomeOf({ how: 'connection' })).toEqual({ outcome: 'unknown', reason: 'no-answer' });
    expect(outcomeOf({ how: 'deadline' })).toEqual({ outcome: 'unknown', reason: 'deadline' });
  });
});

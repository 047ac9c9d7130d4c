import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { outcomeOf, produceError, produceErrors } from '../../../../src/products/kafka/client/errors.ts';

const { errorCodes } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  errorCodes: readonly { code: number; type: string }[];
};

const written = { partition: 3, writes: 1, watched: true, ended: 'failed' } as const;

describe('the table of produce errors', () => {
  test('has each code once, with a reason', () => {
    expect(new Set(produceErrors.map(({ code }) => code)).size).toBe(produceErrors.length);
    for (const { why } of produceErrors) expect(why.length).toBeGreaterThan(10);
  });

  test('only these codes reject: the broker gives them before it appends', () => {
    const rejecting = produceErrors.filter(({ verdict }) => verdict === 'not-appended').map(({ code }) => code);
    expect(rejecting).toEqual([2, 10, 17, 18, 19, 21, 29, 31, 32, 35, 43, 45, 47, 59, 76, 87]);
  });

  test.each(errorCodes.map(({ code, type }) => ({ code, type })))(
    'what kafkajs calls $type ($code) has a verdict, or is unknown',
    ({ code }) => {
      const known = produceErrors.some((error) => error.code === code);
      const { outcome } = outcomeOf({ ...written, answer: code });
      if (!known) expect(outcome).toBe('unknown');
      expect(['rejected', 'unknown', 'degraded']).toContain(outcome);
    },
  );

  test('a code that nobody knows is unknown', () => {
    expect(produceError(9999)).toMatchObject({ name: 'ERROR_9999', verdict: 'unknown' });
  });
});

describe('the outcome of an attempt that was not acknowledged', () => {
  test('never written: rejected', () => {
    expect(outcomeOf({ ...written, writes: 0, answer: undefined })).toEqual({
      outcome: 'rejected',
      reason: 'not-written',
    });
    const late = outcomeOf({ ...written, writes: 0, answer: undefined, ended: 'deadline' });
    expect(late).toEqual({ outcome: 'rejected', reason: 'deadline-not-written' });
  });

  test('written and not answered: unknown', () => {
    expect(outcomeOf({ ...written, answer: undefined })).toEqual({ outcome: 'unknown', reason: 'no-answer' });
    expect(outcomeOf({ ...written, answer: undefined, ended: 'deadline' })).toEqual({
      outcome: 'unknown',
      reason: 'deadline',
    });
  });

  test('a stream that could not be followed proves nothing', () => {
    expect(outcomeOf({ ...written, writes: 0, watched: false, answer: undefined }).outcome).toBe('unknown');
    expect(outcomeOf({ ...written, watched: false, answer: 10 }).outcome).toBe('unknown');
  });

  test('written twice, the second refused: the first may be stored', () => {
    expect(outcomeOf({ ...written, writes: 2, answer: 19 })).toEqual({ outcome: 'unknown', reason: 'written-twice' });
  });

  test('stored with too few replicas: degraded, however often it was written', () => {
    const degraded = { outcome: 'degraded', partition: 3, reason: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' };
    expect(outcomeOf({ ...written, answer: 20 })).toEqual(degraded);
    expect(outcomeOf({ ...written, writes: 2, answer: 20 })).toEqual(degraded);
  });

  test('answered, but kafkajs did not take the answer: the application was told of a failure', () => {
    expect(outcomeOf({ ...written, answer: 0 })).toEqual({ outcome: 'unknown', reason: 'answer-unseen' });
  });
});

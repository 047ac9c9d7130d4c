import { describe, expect, test } from 'vitest';
import { answerOf, answers, kindOfNack, resultOf } from '../../../src/products/rabbitmq/client/answers.ts';

/** What each row comes to, written down a second time: a change of the table is a change of two files. */
const outcomes: readonly (readonly [
  kind: (typeof answers)[number]['kind'],
  code: number | undefined,
  outcome: string,
])[] = [
  ['ack', undefined, 'acked'],
  ['return', 312, 'rejected NO_ROUTE'],
  ['return', 313, 'unknown NO_CONSUMERS'],
  ['refused', undefined, 'rejected REFUSED'],
  ['nack', undefined, 'unknown NACK'],
  ['channel-closed', 403, 'unknown ACCESS_REFUSED'],
  ['channel-closed', 404, 'unknown NOT_FOUND'],
  ['channel-closed', 406, 'unknown PRECONDITION_FAILED'],
  ['channel-closed', 541, 'unknown INTERNAL_ERROR'],
  ['connection-closed', 320, 'unknown CONNECTION_FORCED'],
  ['connection-closed', undefined, 'unknown CONNECTION_LOST'],
  ['deadline', undefined, 'unknown deadline'],
];

test('the table has these rows and no others', () => {
  expect(answers.map(({ kind, code }) => [kind, code])).toEqual(outcomes.map(([kind, code]) => [kind, code]));
});

test.each(outcomes)('%s %s: %s', (kind, code, outcome) => {
  const result = resultOf(answerOf(kind, code));
  expect('reason' in result ? `${result.outcome} ${result.reason}` : result.outcome).toBe(outcome);
});

test('what is not in the table proves nothing', () => {
  expect(resultOf(answerOf('return', 999))).toEqual({ outcome: 'unknown', reason: 'return-999' });
  expect(resultOf(answerOf('channel-closed', 999))).toEqual({ outcome: 'unknown', reason: 'channel-closed-999' });
  expect(resultOf(answerOf('connection-closed', 999))).toEqual({ outcome: 'unknown', reason: 'CONNECTION_LOST' });
});

describe('a nack proves something only where no queue can have taken the message', () => {
  test.each([
    ['quorum', 1, 'refused'],
    ['quorum', 2, 'nack'], // the other group's queue may have it
    ['classic', 1, 'nack'], // also given when the queue's process ends
  ] as const)('%s, %i queues: %s', (queue, groups, kind) => {
    expect(kindOfNack({ queue }, groups)).toBe(kind);
  });
});

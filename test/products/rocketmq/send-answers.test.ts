/** The reviewed list of what a broker's answer to a send means: a case a row, and what is not in it. */
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../../src/products/rocketmq/client/frame.ts';
import { outcomeOf, sendAnswers } from '../../../src/products/rocketmq/client/send-answers.ts';

function answer(code: number, remark = '', fields: Readonly<Record<string, string>> = {}): Answer {
  return { code, remark, fields, body: Buffer.alloc(0) };
}

describe('each row', () => {
  /** As brokers of 5.5.0 write it. */
  const remarks: Readonly<Record<string, string>> = {
    IN_SYNC_REPLICAS_NOT_ENOUGH: 'in-sync replicas not enough',
    NOT_ACCEPTING_YET: 'broker unable to service, until 2026-01-01 00:00:00',
    CREATE_MAPPED_FILE_FAILED: 'create mapped file failed, server is busy or broken.',
    REJECTREQUEST: '[REJECTREQUEST]system busy, start flow control for a while',
    OVERLOAD: '[OVERLOAD]system busy, start flow control for a while',
    TIMEOUT_CLEAN_QUEUE: '[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while, period in queue: 3001ms',
    PCBUSY_CLEAN_QUEUE: '[PCBUSY_CLEAN_QUEUE]broker busy, start flow control for a while, period in queue: 12ms',
    PC_SYNCHRONIZED: '[PC_SYNCHRONIZED]broker busy, start flow control for a while',
    SERVICE_NOT_AVAILABLE:
      "service not available now. It may be caused by one of the following reasons: the broker's disk",
  };

  test.each(sendAnswers)('$code $reason: $outcome', ({ code, reason, outcome, because }) => {
    const result = outcomeOf(answer(code, remarks[reason] ?? 'whatever it says', { queueOffset: '7' }), 3, false);
    expect(result).toEqual(
      outcome === 'degraded' ? { outcome, partition: 3, position: 7, reason } : { outcome: 'rejected', reason },
    );
    expect(because).not.toBe('');
  });

  test('no two rows mean the same answer', () => {
    const keys = sendAnswers.map(({ code, remark = '' }) => `${code} ${remark}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { code, remark } of sendAnswers) {
      // a row for any remark would hide those after it
      if (remark === undefined) expect(sendAnswers.filter((row) => row.code === code)).toHaveLength(1);
    }
  });
});

test('acknowledged, with its position', () => {
  expect(outcomeOf(answer(0, '', { queueOffset: '41' }), 2, false)).toEqual({
    outcome: 'acked',
    partition: 2,
    position: 41,
  });
  expect(outcomeOf(answer(0), 2, false)).toEqual({ outcome: 'acked', partition: 2 });
});

test.each([
  [1, 'UNKNOWN_ERROR', 'SYSTEM_ERROR'],
  [1, 'store putMessage return null', 'SYSTEM_ERROR'],
  [2, 'busy in a way that nobody has reviewed', 'SYSTEM_BUSY'],
  [14, 'some other service', 'SERVICE_NOT_AVAILABLE'],
  [215, '', 'FLOW_CONTROL'],
  [4711, '', 'CODE_4711'],
])('what is not in the list is unknown: %i %s', (code, remark, reason) => {
  expect(outcomeOf(answer(code, remark), 0, false)).toEqual({ outcome: 'unknown', reason });
});

test.each([
  [1, 'in-sync replicas not enough', 'IN_SYNC_REPLICAS_NOT_ENOUGH'],
  [2, '[PC_SYNCHRONIZED]broker busy, start flow control for a while', 'PC_SYNCHRONIZED'],
])(
  'a broker that is not ours may have a log of DLedger, which appends before it says so: %i %s',
  (code, remark, reason) => {
    expect(outcomeOf(answer(code, remark), 0, true)).toEqual({ outcome: 'unknown', reason });
  },
);

import { describe, expect, test } from 'vitest';
import { outcomeOf, outcomeOfAck, publishError, publishErrors } from '../../../src/products/nats/client/errors.ts';

describe('the table of publish errors', () => {
  test('has each answer once, with a reason', () => {
    const answers = publishErrors.map(({ code, description = '' }) => `${code} ${description}`);
    expect(new Set(answers).size).toBe(publishErrors.length);
    expect(new Set(publishErrors.map(({ name }) => name)).size).toBe(publishErrors.length);
    for (const { why } of publishErrors) expect(why.length).toBeGreaterThan(10);
  });

  test('only these answers reject: a server gives them only instead of storing', () => {
    const rejecting = publishErrors.filter(({ verdict }) => verdict === 'not-stored').map(({ name }) => name);
    expect(rejecting).toEqual([
      'NO_RESPONDERS',
      'MESSAGE_TOO_LARGE',
      'HEADER_TOO_LARGE',
      'STREAM_SEALED',
      'NO_LIMITS',
      'DUPLICATE_IN_PROCESS',
      'MAXIMUM_BYTES',
      'MAXIMUM_MESSAGES',
      'MAXIMUM_MESSAGES_PER_SUBJECT',
    ]);
  });

  test.each(publishErrors)('$name: $verdict', ({ code, description, name, verdict }) => {
    expect(outcomeOf(code, description)).toEqual({
      outcome: verdict === 'not-stored' ? 'rejected' : 'unknown',
      reason: name,
    });
  });

  test('a code for several reasons rejects for the exact description alone', () => {
    expect(outcomeOf(10077, 'maximum bytes exceeded').outcome).toBe('rejected');
    for (const description of ['no space left on device', 'Maximum bytes exceeded', 'maximum bytes exceeded!', '']) {
      expect(outcomeOf(10077, description)).toEqual({ outcome: 'unknown', reason: 'STORE_FAILED' });
    }
  });

  test('what is not in the table is unknown, whatever it says', () => {
    expect(publishError(9999)).toMatchObject({ name: 'ERROR_9999', verdict: 'unknown' });
    expect(outcomeOf(9999, 'message was not stored')).toEqual({ outcome: 'unknown', reason: 'ERROR_9999' });
  });
});

test('an ack is one when the stream itself gives it, with the place of the message', () => {
  expect(outcomeOfAck({ stream: 'orders-0', seq: 7 }, 'orders-0')).toEqual({ outcome: 'acked', position: 7 });
  expect(outcomeOfAck({ stream: 'audit', seq: 7 }, 'orders-0')).toEqual({ outcome: 'unknown', reason: 'other-stream' });
  expect(outcomeOfAck({ stream: 'orders-0', seq: 0 }, 'orders-0')).toEqual({
    outcome: 'unknown',
    reason: 'no-sequence',
  });
});

/** The reviewed list of what an error of rocketmq-client-nodejs means for the message: a case a row, and what is in none. */
import { expect, test } from 'vitest';
import { outcomeOfError, proxyAnswers } from '../../../src/products/rocketmq/client/proxy-answers.ts';

/** As 1.0.8 and a proxy of 5.5.0 write it. */
const messages: Readonly<Record<string, string>> = {
  FLUSH_DISK_TIMEOUT: '[request-id=x, response-code=50401] send message failed, sendStatus=FLUSH_DISK_TIMEOUT',
  FLUSH_SLAVE_TIMEOUT: '[request-id=x, response-code=50402] send message failed, sendStatus=FLUSH_SLAVE_TIMEOUT',
  BROKER_NOT_CONNECTED:
    '[request-id=x, response-code=50001] org.apache.rocketmq.remoting.exception.RemotingConnectException: connect to 127.0.0.1:1 failed',
  TOPIC_NOT_FOUND: '[request-id=x, response-code=40402] no route info of this topic',
  NO_WRITABLE_QUEUE: '[request-id=x, response-code=40300] no writable queue',
  'not-connected': '14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1',
};

test.each(proxyAnswers)('$code $reason: $outcome', ({ code, reason, outcome, because }) => {
  expect(outcomeOfError(Object.assign(new Error(messages[reason]), { code }))).toEqual({ outcome, reason });
  expect(because).not.toBe('');
});

test('no two rows mean the same answer', () => {
  expect(new Set(proxyAnswers.map(({ code, text = '' }) => `${code} ${text}`)).size).toBe(proxyAnswers.length);
});

test.each([
  [50001, 'send request to 127.0.0.1:1 failed: RemotingSendRequestException', 'CODE_50001'],
  [50401, 'a timeout of another kind', 'CODE_50401'],
  [40300, 'forbidden for another reason', 'CODE_40300'],
  [14, 'UNAVAILABLE: Connection dropped', 'UNAVAILABLE'],
  [4, 'Deadline exceeded after 3.001s', 'DEADLINE_EXCEEDED'],
  [1, 'Call cancelled', 'CANCELLED'],
  [undefined, 'Producer is not running now', 'no-answer'],
])('what is not in the list is unknown: %s %s', (code, text, reason) => {
  const error = Object.assign(new Error(text), code === undefined ? {} : { code });
  expect(outcomeOfError(error)).toEqual({ outcome: 'unknown', reason });
});

/**
 * What an error of rocketmq-client-nodejs says of a message that it was to send through a proxy: a reviewed list. Codes
 * from 40000 on are the proxy's, small ones are those of gRPC. `rejected` is only what is known to leave nothing behind;
 * whatever is not in the list is unknown. Measured with 1.0.8 and RocketMQ 5.5.0.
 */
import type { SendResult } from '../../driver.ts';

interface Row {
  readonly code: number;
  /** The message has this in it; absent: whatever it says. */
  readonly text?: string;
  readonly outcome: 'degraded' | 'rejected';
  readonly reason: string;
  /** Where it is known from. */
  readonly because: string;
}

export const proxyAnswers: readonly Row[] = [
  {
    ...{ code: 50401, text: 'FLUSH_DISK_TIMEOUT', outcome: 'degraded', reason: 'FLUSH_DISK_TIMEOUT' },
    because: 'the broker has appended it, the flush is late; measured: stored 39 of 39',
  },
  {
    ...{ code: 50402, text: 'FLUSH_SLAVE_TIMEOUT', outcome: 'degraded', reason: 'FLUSH_SLAVE_TIMEOUT' },
    because: 'the broker has appended it, too few slaves have it in time; measured: stored 3 of 3',
  },
  {
    ...{ code: 50001, text: 'RemotingConnectException', outcome: 'rejected', reason: 'BROKER_NOT_CONNECTED' },
    because: 'the proxy has no connection to the broker to write it to; measured: stored 0 of 3,303',
  },
  {
    ...{ code: 40402, outcome: 'rejected', reason: 'TOPIC_NOT_FOUND' },
    because: 'the proxy knows no route, so that there is nobody to send it to',
  },
  {
    ...{ code: 40300, text: 'no writable queue', outcome: 'rejected', reason: 'NO_WRITABLE_QUEUE' },
    because: 'the proxy chooses among queues that may be written to before it sends, and there is none',
  },
  {
    ...{ code: 14, text: 'No connection established', outcome: 'rejected', reason: 'not-connected' },
    because: 'grpc-js has made no stream for the call, so that nothing of it was written; measured: stored 0 of 2,876',
  },
];

/** The connection to the proxy is of no use: another client is connected sooner than this one connects again. */
export const unavailable = 14;

const grpcNames: Readonly<Record<number, string>> = { 1: 'CANCELLED', 4: 'DEADLINE_EXCEEDED', 14: 'UNAVAILABLE' };

export function outcomeOfError(error: unknown): SendResult {
  const { code, message = '' } = (error ?? {}) as { readonly code?: unknown; readonly message?: string };
  if (typeof code !== 'number') return { outcome: 'unknown', reason: 'no-answer' };
  const row = proxyAnswers.find((each) => each.code === code && message.includes(each.text ?? ''));
  if (row === undefined) return { outcome: 'unknown', reason: grpcNames[code] ?? `CODE_${code}` };
  return { outcome: row.outcome, reason: row.reason };
}

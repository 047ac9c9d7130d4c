/**
 * What each answer to a publish says about the message. `not-stored` needs an answer that a server gives only instead of
 * storing the message, on every replica; what is not in the table proves nothing.
 *
 * Sources are nats-server 2.9.10: server/client.go (processInboundClientMsg), server/stream.go
 * (processInboundJetStreamMsg, processJetStreamMsg) and server/jetstream_cluster.go (processClusteredInboundMsg), and
 * 2.12 for codes that 2.9 does not have.
 */
import type { SendResult } from '../../driver.ts';

export type Verdict = 'not-stored' | 'unknown';

export interface PublishError {
  /** `err_code` of the answer; `no-responders` is a status of the core server, 503 without a body. */
  readonly code: number | 'no-responders';
  /** Where one code is given for several reasons: the exact description. */
  readonly description?: string;
  readonly name: string;
  readonly verdict: Verdict;
  readonly why: string;
}

export const publishErrors: readonly PublishError[] = [
  {
    code: 'no-responders',
    name: 'NO_RESPONDERS',
    verdict: 'not-stored',
    why: 'the server that took the message found nobody to give it to: no stream leader listens (client.go, sendNoResponders, only when it was delivered to nobody)',
  },
  {
    code: 10054,
    name: 'MESSAGE_TOO_LARGE',
    verdict: 'not-stored',
    why: 'size is checked against the stream before the message is proposed or stored, and is the same on every replica',
  },
  {
    code: 10097,
    name: 'HEADER_TOO_LARGE',
    verdict: 'not-stored',
    why: 'headers are measured before the message is proposed or stored, and are the same on every replica',
  },
  {
    code: 10109,
    name: 'STREAM_SEALED',
    verdict: 'not-stored',
    why: 'a sealed stream refuses first of all (processInboundJetStreamMsg)',
  },
  {
    code: 10120,
    name: 'NO_LIMITS',
    verdict: 'not-stored',
    why: 'given by the leader of a replicated stream before it proposes, and nowhere else',
  },
  {
    code: 10158,
    name: 'DUPLICATE_IN_PROCESS',
    verdict: 'not-stored',
    why: 'another attempt with this id is being stored; this one is dropped before it is proposed (2.11 and later)',
  },
  {
    code: 10077,
    description: 'maximum bytes exceeded',
    name: 'MAXIMUM_BYTES',
    verdict: 'not-stored',
    why: 'a stream that discards new messages refuses before it writes; every replica has the same limit and the same content',
  },
  {
    code: 10077,
    description: 'maximum messages exceeded',
    name: 'MAXIMUM_MESSAGES',
    verdict: 'not-stored',
    why: 'as maximum bytes',
  },
  {
    code: 10077,
    description: 'maximum messages per subject exceeded',
    name: 'MAXIMUM_MESSAGES_PER_SUBJECT',
    verdict: 'not-stored',
    why: 'as maximum bytes',
  },
  {
    code: 10077,
    name: 'STORE_FAILED',
    verdict: 'unknown',
    why: 'the disk of the leader failed; followers that were told to store it may have done so',
  },
  {
    code: 10023,
    name: 'INSUFFICIENT_RESOURCES',
    verdict: 'unknown',
    why: 'also given by the leader while it applies what is committed: followers with more room store it',
  },
  {
    code: 10002,
    name: 'ACCOUNT_LIMIT',
    verdict: 'unknown',
    why: 'also given after the message was stored, which is then removed on this replica alone',
  },
  {
    code: 10063,
    name: 'SEQUENCE_MISMATCH',
    verdict: 'unknown',
    why: 'this replica is out of step with the others; what they have done is not known',
  },
  {
    code: 0,
    name: 'PROPOSAL_FAILED',
    verdict: 'unknown',
    why: 'an error of the replication, as text without a code: what of the proposal went out is not known',
  },
];

export function publishError(code: number | 'no-responders', description = ''): PublishError {
  const rows = publishErrors.filter((row) => row.code === code);
  const row = rows.find((one) => one.description === description) ?? rows.find((one) => one.description === undefined);
  return row ?? { code, name: `ERROR_${code}`, verdict: 'unknown', why: 'not in the table' };
}

/** Outcome of an attempt that was answered with an error. */
export function outcomeOf(code: number | 'no-responders', description?: string): SendResult {
  const { name, verdict } = publishError(code, description);
  return { outcome: verdict === 'not-stored' ? 'rejected' : 'unknown', reason: name };
}

/** What an answer without an error says. Another stream that takes the same subject answers for itself alone. */
export function outcomeOfAck({ stream, seq }: { stream: string; seq: number }, expected: string): SendResult {
  if (stream !== expected) return { outcome: 'unknown', reason: 'other-stream' };
  // sequences begin at 1; before 2.11 a server says 0 of an id that it is storing just now, which may still fail
  if (seq === 0) return { outcome: 'unknown', reason: 'no-sequence' };
  return { outcome: 'acked', position: seq };
}

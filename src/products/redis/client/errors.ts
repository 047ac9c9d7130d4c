/**
 * What each error that Redis may answer to XADD says about the message. The rule: `not-stored` needs an error that the
 * server gives only before it adds the entry. Errors are told by their code, the first word of the answer, never by the
 * text that follows; what is not in the table proves nothing.
 *
 * Sources are functions of redis/redis (7.0): processCommand (server.c) refuses a command before it is called;
 * xaddCommand (t_stream.c) checks its arguments and the key before streamAppendItem. A single command is not undone and
 * does not fail halfway: an error of xaddCommand itself is given before anything was added.
 */
import type { SendResult } from '../../driver.ts';

export type Verdict = 'not-stored' | 'unknown';

export interface AddError {
  readonly code: string;
  readonly verdict: Verdict;
  readonly why: string;
}

const row = (code: string, verdict: Verdict, why: string): AddError => ({ code, verdict, why });

export const addErrors: readonly AddError[] = [
  row('LOADING', 'not-stored', 'the server reads its file and refuses all but a few commands (processCommand)'),
  row('READONLY', 'not-stored', 'a replica takes no writes from clients (processCommand)'),
  row('MASTERDOWN', 'not-stored', 'a replica without its primary, told not to answer from old data (processCommand)'),
  row('MISCONF', 'not-stored', 'its file cannot be written or synced: writes are refused beforehand (processCommand)'),
  row('NOREPLICAS', 'not-stored', 'fewer replicas than min-replicas-to-write, counted beforehand (processCommand)'),
  row('OOM', 'not-stored', 'more memory than maxmemory, asked beforehand (processCommand)'),
  row('BUSY', 'not-stored', 'a script runs, and nothing else until it ends (processCommand)'),
  row('NOAUTH', 'not-stored', 'nobody has logged in (processCommand)'),
  row(
    'NOPERM',
    'not-stored',
    'this user may not do it: access lists are asked first (processCommand, ACLCheckAllPerm)',
  ),
  row('WRONGPASS', 'not-stored', 'an answer to AUTH alone, before which nothing of ours is written'),
  row(
    'DENIED',
    'not-stored',
    'protected mode: said at once after the connection was taken, which is closed then (acceptCommonHandler)',
  ),
  row('MOVED', 'not-stored', 'a Redis Cluster: another node has the key (processCommand, getNodeByQuery)'),
  row('ASK', 'not-stored', 'as MOVED, while the slot is moved'),
  row('TRYAGAIN', 'not-stored', 'as MOVED, for several keys while their slot is moved'),
  row('CROSSSLOT', 'not-stored', 'as MOVED, for keys of several slots'),
  row('CLUSTERDOWN', 'not-stored', 'a Redis Cluster that does not serve the slot (processCommand, getNodeByQuery)'),
  row(
    'WRONGTYPE',
    'not-stored',
    'the key holds no stream, looked at before the entry is made (streamTypeLookupWriteOrCreate)',
  ),
  row('ERR', 'unknown', 'given for many reasons, by modules and proxies too; no proof that all of them come first'),
  row('EXECABORT', 'unknown', 'an answer to EXEC, which is not sent here'),
  row('UNBLOCKED', 'unknown', 'a blocked command was ended as the server became a replica; XADD does not block'),
  row('NOSCRIPT', 'unknown', 'an answer to EVALSHA, which is not sent here'),
  row('NOPROTO', 'unknown', 'an answer to HELLO'),
];

const byCode = new Map(addErrors.map((error) => [error.code, error]));

export function addError(code: string): AddError {
  return byCode.get(code) ?? row(code, 'unknown', 'not in the table');
}

/** How an attempt ended that was handed to a socket and not acknowledged. */
export type Ended =
  | { readonly how: 'answer'; readonly code: string }
  /** The connection ended before the answer. */
  | { readonly how: 'connection' }
  | { readonly how: 'deadline' };

export function outcomeOf(ended: Ended): SendResult {
  if (ended.how !== 'answer')
    return { outcome: 'unknown', reason: ended.how === 'deadline' ? 'deadline' : 'no-answer' };
  const { code, verdict } = addError(ended.code);
  return { outcome: verdict === 'not-stored' ? 'rejected' : 'unknown', reason: nameOf(code) };
}

/** Codes are words of capitals; what a module or a proxy says instead is no name. */
function nameOf(code: string): string {
  return /^[A-Z][A-Z0-9_-]{0,39}$/.test(code) ? code : 'error-unnamed';
}

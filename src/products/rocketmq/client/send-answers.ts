/**
 * What a broker's answer to SEND_MESSAGE says of the message: a reviewed list. `rejected` is only what is known to leave
 * nothing behind; whatever is not in the list is unknown. Where a code says several things, the beginning of the remark
 * tells them apart: these are constants of the source (5.5.0), named with each row.
 */
import type { SendResult } from '../../driver.ts';
import { nameOf, success } from './codes.ts';
import type { Answer } from './frame.ts';

interface Row {
  readonly code: number;
  /** The remark begins like this; absent: whatever it says. */
  readonly remark?: string;
  readonly outcome: 'degraded' | 'rejected';
  /** A broker whose log is DLedger's says the same after it has appended; no broker of ours has one. */
  readonly unlessDLedger?: true;
  readonly reason: string;
  /** Where it is known from. */
  readonly because: string;
}

export const sendAnswers: readonly Row[] = [
  {
    ...{ code: 10, outcome: 'degraded', reason: 'FLUSH_DISK_TIMEOUT' },
    because:
      'SendMessageProcessor.handlePutMessageResult: sent, appended, the flush is late; measured: stored 39 of 39',
  },
  {
    ...{ code: 12, outcome: 'degraded', reason: 'FLUSH_SLAVE_TIMEOUT' },
    because: 'the same place: appended, too few slaves have it in time; measured: stored 128 of 128',
  },
  {
    ...{ code: 11, outcome: 'degraded', reason: 'SLAVE_NOT_AVAILABLE' },
    because: 'the same place: appended, no slave to copy it; no code path of 5.5 comes to it, brokers before 4.8 do',
  },
  {
    ...{ code: 1, remark: 'in-sync replicas not enough', outcome: 'rejected', reason: 'IN_SYNC_REPLICAS_NOT_ENOUGH' },
    unlessDLedger: true,
    because: 'CommitLog.asyncPutMessage counts the copies before it appends; measured: stored 0 of 2,000',
  },
  {
    ...{ code: 1, remark: 'broker unable to service', outcome: 'rejected', reason: 'NOT_ACCEPTING_YET' },
    because: 'SendMessageProcessor.preSend: startAcceptSendRequestTimeStamp is not reached, before anything else',
  },
  {
    ...{ code: 1, remark: 'create mapped file failed', outcome: 'rejected', reason: 'CREATE_MAPPED_FILE_FAILED' },
    because: 'CommitLog.asyncPutMessage: there is no file to append to',
  },
  {
    ...{ code: 2, remark: '[REJECTREQUEST]', outcome: 'rejected', reason: 'REJECTREQUEST' },
    because:
      'NettyRemotingAbstract.processRequestCommand, before the request is looked at: a slave, or a busy page cache',
  },
  {
    ...{ code: 2, remark: '[OVERLOAD]', outcome: 'rejected', reason: 'OVERLOAD' },
    because: 'NettyRemotingAbstract.processRequestCommand: the queue of requests does not take it',
  },
  {
    ...{ code: 2, remark: '[TIMEOUT_CLEAN_QUEUE]', outcome: 'rejected', reason: 'TIMEOUT_CLEAN_QUEUE' },
    because: 'BrokerFastFailure takes it out of the queue before it is begun; measured: stored 0 of 28',
  },
  {
    ...{ code: 2, remark: '[PCBUSY_CLEAN_QUEUE]', outcome: 'rejected', reason: 'PCBUSY_CLEAN_QUEUE' },
    because: 'BrokerFastFailure: taken out of the queue before it is begun, as above',
  },
  {
    ...{ code: 2, remark: '[PC_SYNCHRONIZED]', outcome: 'rejected', reason: 'PC_SYNCHRONIZED' },
    unlessDLedger: true,
    because: 'PutMessageStatus OS_PAGE_CACHE_BUSY: the store refuses before it appends',
  },
  {
    ...{ code: 3, outcome: 'rejected', reason: 'REQUEST_CODE_NOT_SUPPORTED' },
    because: 'NettyRemotingAbstract.processRequestCommand: nobody there takes such requests',
  },
  {
    ...{ code: 13, outcome: 'rejected', reason: 'MESSAGE_ILLEGAL' },
    because: 'PutMessageStatus MESSAGE_ILLEGAL and PROPERTIES_SIZE_EXCEEDED: checked before it is appended',
  },
  {
    ...{ code: 14, remark: 'service not available now', outcome: 'rejected', reason: 'SERVICE_NOT_AVAILABLE' },
    because: 'HookUtils.checkBeforePutMessage: shut down, not writeable or a slave, before it is appended',
  },
  {
    ...{ code: 16, outcome: 'rejected', reason: 'NO_PERMISSION' },
    because: 'AbstractSendMessageProcessor.msgCheck and SendMessageProcessor, before the store',
  },
  {
    ...{ code: 17, outcome: 'rejected', reason: 'TOPIC_NOT_EXIST' },
    because: 'AbstractSendMessageProcessor.msgCheck, before the store',
  },
  {
    ...{ code: 29, outcome: 'rejected', reason: 'INVALID_PARAMETER' },
    because: 'AbstractSendMessageProcessor.msgCheck: no such queue or no valid topic, before the store',
  },
  {
    ...{ code: 1500, outcome: 'rejected', reason: 'GO_AWAY' },
    because: 'NettyRemotingAbstract.processRequestCommand: a server that shuts down takes no more requests',
  },
];

/**
 * @param mayBeDLedger the broker is not ours, so that its log may be DLedger's (`enableDLegerCommitLog`):
 * DLedgerCommitLog.asyncPutMessage answers WAIT_QUORUM_ACK_TIMEOUT and LEADER_PENDING_FULL with words that elsewhere
 * say that nothing was appended.
 */
export function outcomeOf(answer: Answer, partition: number, mayBeDLedger: boolean): SendResult {
  const { code, remark, fields } = answer;
  const offset = Number(fields.queueOffset ?? Number.NaN);
  const place = { partition, ...(Number.isSafeInteger(offset) && offset >= 0 ? { position: offset } : {}) };
  if (code === success) return { outcome: 'acked', ...place };
  const row = sendAnswers.find((each) => each.code === code && remark.startsWith(each.remark ?? ''));
  if (row === undefined) return { outcome: 'unknown', reason: nameOf(code) };
  if (row.outcome === 'degraded') return { outcome: 'degraded', ...place, reason: row.reason };
  return { outcome: mayBeDLedger && row.unlessDLedger === true ? 'unknown' : 'rejected', reason: row.reason };
}

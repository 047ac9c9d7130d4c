/**
 * What each error code in an answer to Produce says about the message, as Kafka's broker means it. The rule: `rejected`
 * needs a code that the leader gives only before it appends. Codes that it also gives while an appended message waits
 * for its replicas prove nothing, and what is not in the table proves nothing either.
 *
 * Sources are classes of apache/kafka (4.x): ReplicaManager.appendRecords and appendToLocalLog, Partition
 * .appendRecordsToLeader, UnifiedLog.append, LogValidator, ProducerAppendInfo, and DelayedProduce.tryComplete, which
 * asks ReplicaManager.getPartitionOrError after the append and answers with that error.
 */
import type { SendResult } from '../../driver.ts';

export type Verdict = 'appended' | 'not-appended' | 'degraded' | 'unknown';

export interface ProduceError {
  readonly code: number;
  readonly name: string;
  readonly verdict: Verdict;
  readonly why: string;
}

const row = (code: number, name: string, verdict: Verdict, why: string): ProduceError => ({ code, name, verdict, why });

export const produceErrors: readonly ProduceError[] = [
  row(
    -1,
    'UNKNOWN_SERVER_ERROR',
    'unknown',
    'any exception that the broker did not foresee, before or after the append',
  ),
  row(0, 'NONE', 'appended', 'the answer of a successful append'),
  row(
    2,
    'CORRUPT_MESSAGE',
    'not-appended',
    'checksum and size are checked on the way in (UnifiedLog.analyzeAndValidateRecords)',
  ),
  row(
    3,
    'UNKNOWN_TOPIC_OR_PARTITION',
    'unknown',
    'also given after the append, when the partition leaves this broker while replicas are awaited (DelayedProduce)',
  ),
  row(
    5,
    'LEADER_NOT_AVAILABLE',
    'unknown',
    'no answer that ReplicaManager gives to Produce; nothing says when it was given',
  ),
  row(
    6,
    'NOT_LEADER_OR_FOLLOWER',
    'unknown',
    'also given after the append, when leadership moves while replicas are awaited (DelayedProduce, KAFKA-13574; Jepsen: indeterminate)',
  ),
  row(
    7,
    'REQUEST_TIMED_OUT',
    'unknown',
    'appended by the leader, replicas did not follow in time (DelayedProduce.onExpiration)',
  ),
  row(8, 'BROKER_NOT_AVAILABLE', 'unknown', 'no answer that ReplicaManager gives to Produce'),
  row(9, 'REPLICA_NOT_AVAILABLE', 'unknown', 'no answer that ReplicaManager gives to Produce'),
  row(10, 'MESSAGE_TOO_LARGE', 'not-appended', 'size is checked against max.message.bytes first (UnifiedLog.append)'),
  row(13, 'NETWORK_EXCEPTION', 'unknown', 'a connection was lost; it says nothing of the message'),
  row(
    17,
    'INVALID_TOPIC_EXCEPTION',
    'not-appended',
    'clients may not write to this topic, checked first (ReplicaManager.appendToLocalLog)',
  ),
  row(18, 'RECORD_LIST_TOO_LARGE', 'not-appended', 'size is checked against segment.bytes first (UnifiedLog.append)'),
  row(
    19,
    'NOT_ENOUGH_REPLICAS',
    'not-appended',
    'in-sync replicas are counted first (Partition.appendRecordsToLeader); after the append it is code 20',
  ),
  row(
    20,
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    'degraded',
    'appended by the leader, then fewer in-sync replicas than asked for (Partition.checkEnoughReplicasReachOffset)',
  ),
  row(21, 'INVALID_REQUIRED_ACKS', 'not-appended', 'the number is checked first (ReplicaManager.appendRecords)'),
  row(29, 'TOPIC_AUTHORIZATION_FAILED', 'not-appended', 'authorization comes first (KafkaApis.handleProduceRequest)'),
  row(31, 'CLUSTER_AUTHORIZATION_FAILED', 'not-appended', 'authorization comes first (KafkaApis.handleProduceRequest)'),
  row(32, 'INVALID_TIMESTAMP', 'not-appended', 'records are validated first (LogValidator)'),
  row(35, 'UNSUPPORTED_VERSION', 'not-appended', 'a request of a version that is not served is not carried out'),
  row(42, 'INVALID_REQUEST', 'unknown', 'given for many reasons; no proof that all of them come first'),
  row(43, 'UNSUPPORTED_FOR_MESSAGE_FORMAT', 'not-appended', 'records are validated first (LogValidator)'),
  row(
    44,
    'POLICY_VIOLATION',
    'unknown',
    'not an answer to Produce in Apache Kafka; others give it for reasons of their own',
  ),
  row(
    45,
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'not-appended',
    'sequences are checked first (ProducerAppendInfo.checkSequence)',
  ),
  row(
    46,
    'DUPLICATE_SEQUENCE_NUMBER',
    'unknown',
    'a message with this sequence is stored; with kafkajs, which uses sequences again, it need not be this one',
  ),
  row(
    47,
    'INVALID_PRODUCER_EPOCH',
    'not-appended',
    'the epoch is checked first (ProducerAppendInfo.checkProducerEpoch)',
  ),
  row(56, 'KAFKA_STORAGE_ERROR', 'unknown', 'the disk failed: before, while or after the bytes were written'),
  row(59, 'UNKNOWN_PRODUCER_ID', 'not-appended', 'sequences are checked first (ProducerAppendInfo.checkSequence)'),
  row(74, 'FENCED_LEADER_EPOCH', 'unknown', 'leadership moved, as code 6'),
  row(75, 'UNKNOWN_LEADER_EPOCH', 'unknown', 'leadership moved, as code 6'),
  row(76, 'UNSUPPORTED_COMPRESSION_TYPE', 'not-appended', 'records are validated first (LogValidator)'),
  row(87, 'INVALID_RECORD', 'not-appended', 'records are validated first (LogValidator)'),
];

const byCode = new Map(produceErrors.map((error) => [error.code, error]));

export function produceError(code: number): ProduceError {
  return byCode.get(code) ?? row(code, `ERROR_${code}`, 'unknown', 'not in the table');
}

export interface Evidence {
  readonly partition: number;
  /** Produce requests with this attempt that were handed to a socket. */
  readonly writes: number;
  /** The writes could be followed. */
  readonly watched: boolean;
  /** Error code of the broker's answer to the last write, as read from the socket. */
  readonly answer: number | undefined;
  /** Why the attempt ended. */
  readonly ended: 'failed' | 'deadline';
}

/** Outcome of an attempt that ended without an acknowledgement that kafkajs accepted. */
export function outcomeOf({ partition, writes, watched, answer, ended }: Evidence): SendResult {
  if (writes === 0 && watched)
    return { outcome: 'rejected', reason: ended === 'deadline' ? 'deadline-not-written' : 'not-written' };
  if (answer === undefined) return { outcome: 'unknown', reason: ended === 'deadline' ? 'deadline' : 'no-answer' };
  const { name, verdict } = produceError(answer);
  if (verdict === 'degraded') return { outcome: 'degraded', partition, reason: name };
  // kafkajs saw no success although the broker answered it: the application was told of a failure.
  if (verdict === 'appended') return { outcome: 'unknown', reason: 'answer-unseen' };
  if (verdict === 'unknown') return { outcome: 'unknown', reason: name };
  // The last write was refused; an earlier one of the same attempt may not have been.
  return writes === 1 && watched
    ? { outcome: 'rejected', reason: name }
    : { outcome: 'unknown', reason: 'written-twice' };
}

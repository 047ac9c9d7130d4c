import { BrokerError } from '../errors.ts';
import type { Outcome } from '../store/log/waiters.ts';
import { code } from '../wire/codes.ts';
import type { NodeParts } from './parts.ts';

const longestWaitMs = 60_000;

/** Whether enough nodes are in-sync to take something that is to be replicated. */
export function enoughReplicas({ settings, store: { protection } }: NodeParts): boolean {
  return !protection.demandsReplicas || protection.copies >= settings.inSyncReplicas;
}

/** Waits until the disk has, as the flush setting asks, everything below `end`; returns the Kafka error code. */
export async function flushed({ store }: NodeParts, end: number, timeoutMs: number): Promise<number> {
  const waitMs = Math.min(Math.max(0, timeoutMs), longestWaitMs);
  return codeOf(await store.protection.reached(end, 'flushed', waitMs), code.REQUEST_TIMED_OUT);
}

/**
 * Waits until everything below `end` is protected; returns the Kafka error code. NOT_ENOUGH_REPLICAS_AFTER_APPEND: it is
 * here, but not where it should be as well.
 */
export async function safe(parts: NodeParts, end: number, timeoutMs: number): Promise<number> {
  const errorCode = await flushed(parts, end, timeoutMs);
  const { protection } = parts.store;
  if (errorCode !== code.NONE || !protection.demandsReplicas) return errorCode;
  // No slave is in-sync: waiting would be in vain.
  if (protection.copies < 2) return code.NOT_ENOUGH_REPLICAS_AFTER_APPEND;
  const outcome = await protection.reached(end, 'protected', parts.settings.replicaTimeoutMs);
  return codeOf(outcome, code.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
}

/** Why an append was refused: a node that leads no more has not stored it. */
export function refusalCode(error: unknown): number {
  const unled = error instanceof BrokerError && error.code === 'not-leading';
  return unled ? code.NOT_LEADER_OR_FOLLOWER : code.KAFKA_STORAGE_ERROR;
}

/** How long a commit waits for the disk: Kafka's offsets.commit.timeout.ms. */
const commitTimeoutMs = 5000;

/**
 * Writes something for a group and waits until it is protected; returns the error code that members understand (the
 * same as Kafka's coordinator makes of them).
 * @param write returns the end of the log behind it
 */
export async function keepForGroup(parts: NodeParts, write: () => Promise<number>): Promise<number> {
  if (!enoughReplicas(parts)) return code.COORDINATOR_NOT_AVAILABLE;
  let end: number;
  try {
    end = await write();
  } catch (error) {
    return memberCode(refusalCode(error));
  }
  return memberCode(await safe(parts, end, commitTimeoutMs));
}

/** What a coordinator of Kafka makes of an error of its log: members know what to do with these. */
function memberCode(errorCode: number): number {
  switch (errorCode) {
    case code.NOT_LEADER_OR_FOLLOWER:
    case code.KAFKA_STORAGE_ERROR:
      return code.NOT_COORDINATOR;
    case code.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
      return code.COORDINATOR_NOT_AVAILABLE;
    default:
      return errorCode;
  }
}

/** Without leadership the outcome is unknown, and clients take NOT_LEADER_OR_FOLLOWER for a refusal. */
function codeOf(outcome: Outcome, lateCode: number): number {
  switch (outcome) {
    case 'reached':
      return code.NONE;
    case 'late':
      return lateCode;
    case 'interrupted':
      return code.REQUEST_TIMED_OUT;
    case 'failed':
      return code.KAFKA_STORAGE_ERROR;
  }
}

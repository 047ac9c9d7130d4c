import { BrokerError } from '../errors.ts';
import type { Outcome } from '../store/log/waiters.ts';
import { code } from '../wire/codes.ts';
import type { NodeParts } from './parts.ts';

const longestWaitMs = 60_000;

/** Whether enough nodes are in-sync to append something that has to be replicated. */
export function enoughReplicas(
  { settings, store: { protection } }: NodeParts,
  inSyncReplicas = settings.inSyncReplicas,
): boolean {
  return !protection.demandsReplicas || protection.copies >= inSyncReplicas;
}

/** Waits until this node has everything below `end`, as safe as its flush setting demands. Returns the Kafka error code. */
export async function flushed({ store }: NodeParts, end: number, timeoutMs: number): Promise<number> {
  const waitMs = Math.min(Math.max(0, timeoutMs), longestWaitMs);
  return codeOf(await store.protection.reached(end, 'flushed', waitMs), code.REQUEST_TIMED_OUT);
}

/**
 * Waits until everything below `end` is protected. Returns the Kafka error code. NOT_ENOUGH_REPLICAS_AFTER_APPEND: this
 * node has it, but not every replica that should.
 */
export async function safe(parts: NodeParts, end: number, timeoutMs: number): Promise<number> {
  const errorCode = await flushed(parts, end, timeoutMs);
  const { protection } = parts.store;
  if (errorCode !== code.NONE || !protection.demandsReplicas) return errorCode;
  // No slave is in-sync, so a wait could only end at its timeout.
  if (protection.copies < 2) return code.NOT_ENOUGH_REPLICAS_AFTER_APPEND;
  const outcome = await protection.reached(end, 'protected', parts.settings.replicaTimeoutMs);
  return codeOf(outcome, code.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
}

/** The Kafka error code of an append that failed. NOT_LEADER_OR_FOLLOWER: it was surely not stored. */
export function refusalCode(error: unknown): number {
  const unled = error instanceof BrokerError && error.code === 'not-leading';
  return unled ? code.NOT_LEADER_OR_FOLLOWER : code.KAFKA_STORAGE_ERROR;
}

/** How long a commit waits for the disk, as Kafka's offsets.commit.timeout.ms. */
const commitTimeoutMs = 5000;

/**
 * Writes an entry for a group and waits until it is protected. Returns the error code for the member.
 * @param write writes it and returns the position after it
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

/** Translates an error of the log as Kafka's coordinator does: members know what to do about the result. */
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

/**
 * The Kafka error code for the outcome of a wait. `interrupted` leaves the outcome of the append unknown, so it must not
 * become NOT_LEADER_OR_FOLLOWER, which clients take for a refusal.
 */
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

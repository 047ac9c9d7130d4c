import type { ResponseOf } from '../wire/api.ts';
import type { joinGroup, syncGroup } from '../wire/apis/groups.ts';
import type { Timer } from '../world/world.ts';
import type { Protocol } from './protocols.ts';

export type JoinAnswer = ResponseOf<typeof joinGroup>;
export type SyncAnswer = ResponseOf<typeof syncGroup>;

export interface Member {
  readonly id: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocols: readonly Protocol[];
  assignment: Buffer;
  /** True until its first JoinGroup is answered. */
  isNew: boolean;
  /** True from when it is told of a generation until it asks for its assignment. */
  owesSync: boolean;
  /** The parked JoinGroup and SyncGroup of this member. Each is answered exactly once. */
  joining: ((answer: JoinAnswer) => void) | undefined;
  syncing: ((answer: SyncAnswer) => void) | undefined;
  /** Fires when the member has not been heard of for its session timeout. Stopped while a request of it is parked. */
  session: Timer | undefined;
}

/** Answers the member's parked requests, if it has any, with an error. */
export function turnAway(member: Member, errorCode: number): void {
  const { joining, syncing } = member;
  member.joining = undefined;
  member.syncing = undefined;
  joining?.(joinError(errorCode, member.id));
  syncing?.(syncError(errorCode));
}

export function metadataFor(member: Member, protocol: string): Buffer {
  return member.protocols.find(({ name }) => name === protocol)?.metadata ?? Buffer.alloc(0);
}

export function joinError(errorCode: number, memberId: string): JoinAnswer {
  return {
    throttleTimeMs: 0,
    errorCode,
    generationId: -1,
    protocolType: '',
    protocolName: '',
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

export function syncError(errorCode: number): SyncAnswer {
  return { throttleTimeMs: 0, errorCode, protocolType: '', protocolName: '', assignment: Buffer.alloc(0) };
}

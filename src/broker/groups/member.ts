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
  /** Has not had an answer to its first JoinGroup yet. */
  isNew: boolean;
  /** Was told of the present generation and has not asked for its assignment yet. */
  owesSync: boolean;
  /** Parked requests of this member; each is answered exactly once. */
  joining: ((answer: JoinAnswer) => void) | undefined;
  syncing: ((answer: SyncAnswer) => void) | undefined;
  /** Runs out when nothing is heard of the member; stopped while one of its requests is parked here. */
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

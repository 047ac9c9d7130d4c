import type { ResponseOf } from '../wire/api.ts';
import type { joinGroup, syncGroup } from '../wire/apis/groups.ts';
import type { Timer } from '../world/world.ts';

export type JoinAnswer = ResponseOf<typeof joinGroup>;
export type SyncAnswer = ResponseOf<typeof syncGroup>;

/** What a member can speak: an assignment strategy and its own data for it, in the order it prefers them. */
export interface Protocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface Member {
  readonly id: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocols: readonly Protocol[];
  assignment: Buffer;
  /** Parked requests of this member; each is answered exactly once. */
  joining: ((answer: JoinAnswer) => void) | undefined;
  syncing: ((answer: SyncAnswer) => void) | undefined;
  /** Runs out when nothing is heard of the member; stopped while one of its requests is parked here. */
  session: Timer | undefined;
}

export function metadataFor(member: Member, protocol: string): Buffer {
  return member.protocols.find(({ name }) => name === protocol)?.metadata ?? Buffer.alloc(0);
}

export function sameProtocols(one: readonly Protocol[], other: readonly Protocol[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ name, metadata }, index) => {
      const twin = other[index];
      return twin?.name === name && twin.metadata.equals(metadata);
    })
  );
}

/** The first protocol of the first member that all others speak too. */
export function commonProtocol(members: readonly { readonly protocols: readonly Protocol[] }[]): string | undefined {
  const speaks = (protocols: readonly Protocol[], name: string) => protocols.some((one) => one.name === name);
  return members[0]?.protocols.find(({ name }) => members.every(({ protocols }) => speaks(protocols, name)))?.name;
}

export function joinError(errorCode: number, memberId: string): JoinAnswer {
  return {
    throttleTimeMs: 0,
    errorCode,
    generationId: -1,
    protocolType: '',
    protocolName: '',
    leader: '',
    memberId,
    members: [],
  };
}

export function syncError(errorCode: number): SyncAnswer {
  return { throttleTimeMs: 0, errorCode, protocolType: '', protocolName: '', assignment: Buffer.alloc(0) };
}

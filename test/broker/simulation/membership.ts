import { heartbeat, joinGroup, syncGroup } from '../../../src/broker/wire/apis/groups.ts';
import { code } from '../../../src/broker/wire/codes.ts';
import type { Client } from './client.ts';

const sessionTimeoutMs = 1500;
const rebalanceTimeoutMs = 2000;
const beatEveryMs = 300;
const protocol = 'spread';

/** A place in a group, by the classic rebalance protocol: which partitions are this member's, and in which generation. */
export class Membership {
  memberId = '';
  generationId = -1;
  partitions: readonly number[] = [];
  readonly #client: Client;
  readonly #group: string;
  readonly #count: number;
  #joined = false;
  #beatMs = 0;

  constructor(client: Client, group: string, partitions: number) {
    this.#client = client;
    this.#group = group;
    this.#count = partitions;
  }

  /** Joins unless it has, and beats when it is time. Returns whether it has just got its partitions. @throws when nobody answers. */
  async keep(): Promise<boolean> {
    if (this.#joined) {
      await this.#beat();
      return false;
    }
    return await this.#join();
  }

  /** It has no place any more. */
  lose(): void {
    this.#joined = false;
    this.partitions = [];
  }

  async #join(): Promise<boolean> {
    const asked = {
      ...joinGroup.request.zero,
      groupId: this.#group,
      ...{ sessionTimeoutMs, rebalanceTimeoutMs },
      memberId: this.memberId,
      protocolType: 'consumer',
      protocols: [{ name: protocol, metadata: Buffer.alloc(0) }],
    };
    const answer = await this.#client.callCoordinator(this.#group, joinGroup, asked);
    if (answer?.errorCode === code.MEMBER_ID_REQUIRED) {
      this.memberId = answer.memberId;
      return await this.#join();
    }
    if (answer?.errorCode !== code.NONE) {
      this.#refused(answer?.errorCode);
      return false;
    }
    this.memberId = answer.memberId;
    this.generationId = answer.generationId;
    const members = answer.leader === answer.memberId ? answer.members.map(({ memberId }) => memberId).sort() : [];
    return await this.#sync(members);
  }

  async #sync(members: readonly string[]): Promise<boolean> {
    const assignments = members.map((memberId, index) => ({
      memberId,
      assignment: Buffer.from(this.#all().filter((partition) => partition % members.length === index)),
    }));
    const { memberId, generationId } = this;
    const place = { groupId: this.#group, memberId, generationId, protocolType: 'consumer', protocolName: protocol };
    const asked = { ...syncGroup.request.zero, ...place, assignments };
    const answer = await this.#client.callCoordinator(this.#group, syncGroup, asked);
    if (answer?.errorCode !== code.NONE) {
      this.#refused(answer?.errorCode);
      return false;
    }
    this.partitions = [...answer.assignment];
    this.#joined = true;
    this.#beatMs = this.#client.nowMs;
    return true;
  }

  async #beat(): Promise<void> {
    if (this.#client.nowMs - this.#beatMs < beatEveryMs) return;
    this.#beatMs = this.#client.nowMs;
    const { memberId, generationId } = this;
    const asked = { ...heartbeat.request.zero, groupId: this.#group, memberId, generationId };
    const answer = await this.#client.callCoordinator(this.#group, heartbeat, asked);
    if (answer?.errorCode !== code.NONE) this.#refused(answer?.errorCode);
  }

  #refused(errorCode: number | undefined): void {
    this.lose();
    if (errorCode === code.UNKNOWN_MEMBER_ID) this.memberId = '';
    if (errorCode !== code.REBALANCE_IN_PROGRESS) this.#client.forget();
  }

  #all(): number[] {
    return Array.from({ length: this.#count }, (_, partition) => partition);
  }
}

import type { Group } from '../groups/group.ts';
import { joinError, metadataFor, syncError } from '../groups/member.ts';
import type { Identity } from '../groups/members.ts';
import { type Route, route } from '../rpc/route.ts';
import type { ResponseOf } from '../wire/api.ts';
import {
  deleteGroups,
  describeGroups,
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  syncGroup,
} from '../wire/apis/groups.ts';
import { operationsNotAsked } from '../wire/apis/topics.ts';
import { code } from '../wire/codes.ts';
import { coordinates, coordinatorOf, type NodeParts } from './parts.ts';
import { keepForGroup } from './safety.ts';
import { noTransactions, tellOfTransactions } from './transactions.ts';

/** The APIs of consumer groups. Requests for a group that another node coordinates are answered NOT_COORDINATOR. */
export function groupRoutes(parts: NodeParts): Route[] {
  const foreign = (groupId: string) => refusalFor(parts, groupId);
  const { coordinator } = parts;
  return [
    route(findCoordinator, (request, { version }) =>
      findFor(parts, version >= 4 ? request.keys : [request.key], request.keyType),
    ),
    route(joinGroup, (request, caller) => {
      const refusal = foreign(request.groupId);
      return refusal === undefined ? coordinator.join(request, caller) : joinError(refusal, request.memberId);
    }),
    route(syncGroup, (request, { version }) => {
      const refusal = foreign(request.groupId);
      if (refusal !== undefined) return syncError(refusal);
      // From version 5 on both are mandatory (KIP-559).
      const saysProtocol = request.protocolType !== null && request.protocolName !== null;
      if (version >= 5 && !saysProtocol) return syncError(code.INCONSISTENT_GROUP_PROTOCOL);
      return coordinator.find(request.groupId)?.sync(request) ?? syncError(code.UNKNOWN_MEMBER_ID);
    }),
    route(heartbeat, (request) => ({
      throttleTimeMs: 0,
      errorCode:
        foreign(request.groupId) ??
        coordinator.find(request.groupId)?.heartbeat(request.generationId, request) ??
        code.UNKNOWN_MEMBER_ID,
    })),
    route(leaveGroup, (request, { version }) => {
      const none = { throttleTimeMs: 0, errorCode: code.NONE, members: [] };
      const refusal = foreign(request.groupId);
      if (refusal !== undefined) return { ...none, errorCode: refusal };
      const leave = (one: Identity) => coordinator.find(request.groupId)?.leave(one) ?? code.UNKNOWN_MEMBER_ID;
      if (version >= 3) return { ...none, members: request.members.map((one) => ({ ...one, errorCode: leave(one) })) };
      return { ...none, errorCode: leave({ memberId: request.memberId, groupInstanceId: null }) };
    }),
    route(listGroups, ({ statesFilter, typesFilter }) => ({
      throttleTimeMs: 0,
      errorCode: code.NONE,
      // A follower has the committed offsets of its leader's groups too, but only the leader lists them.
      groups: (parts.store.log.leads ? coordinator.list() : [])
        .filter(({ state }) => statesFilter.length === 0 || statesFilter.includes(state))
        .filter(() => typesFilter.length === 0 || typesFilter.some((type) => type.toLowerCase() === groupType))
        .map(({ id, protocolType, state }) => ({ groupId: id, protocolType, state, type: groupType })),
    })),
    route(describeGroups, ({ groups }, { version }) => ({
      throttleTimeMs: 0,
      groups: [...new Set(groups)].map((id) => describe(parts, id, version)),
    })),
    route(deleteGroups, async ({ groups }) => {
      const results = groups.map(async (groupId) => ({ groupId, errorCode: await remove(parts, groupId) }));
      return { throttleTimeMs: 0, results: await Promise.all(results) };
    }),
  ];
}

/** The Kafka error code if this node may not answer for the group; else undefined. */
export function refusalFor(parts: NodeParts, groupId: string): number | undefined {
  if (groupId === '') return code.INVALID_GROUP_ID;
  return coordinates(parts, groupId) ? undefined : code.NOT_COORDINATOR;
}

/** Of all groups here: of ListGroups' types Kafka has others, too (KIP-848). */
const groupType = 'classic';

/** Kinds of keys in FindCoordinator. Kafka has a third one, of share groups. */
const keyType = { group: 0, transaction: 1 } as const;

function findFor(parts: NodeParts, keys: readonly string[], type: number): ResponseOf<typeof findCoordinator> {
  const coordinators = keys.map((key) => {
    const node = type === keyType.group ? coordinatorOf(parts, key) : undefined;
    const nowhere = { key, nodeId: -1, host: '', port: -1, ...refuseKey(type) };
    if (node === undefined) return nowhere;
    return { key, nodeId: node.id, host: node.host, port: node.port, errorCode: code.NONE, errorMessage: null };
  });
  if (type === keyType.transaction) tellOfTransactions(parts, keys[0]);
  const [first] = coordinators;
  const single = first ?? { nodeId: -1, host: '', port: -1, errorCode: code.INVALID_REQUEST, errorMessage: null };
  const { nodeId, host, port, errorCode, errorMessage } = single;
  return { throttleTimeMs: 0, errorCode, errorMessage, nodeId, host, port, coordinators };
}

/** Transactions are refused by the error that every client takes for final: most others are tried again and again. */
function refuseKey(type: number): { readonly errorCode: number; readonly errorMessage: string } {
  if (type === keyType.group) {
    return { errorCode: code.COORDINATOR_NOT_AVAILABLE, errorMessage: 'its leader is not known yet' };
  }
  if (type === keyType.transaction) {
    return { errorCode: code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, errorMessage: noTransactions };
  }
  return { errorCode: code.INVALID_REQUEST, errorMessage: 'only groups have coordinators here' };
}

type DescribedGroup = ResponseOf<typeof describeGroups>['groups'][number];

function describe(parts: NodeParts, groupId: string, version: number): DescribedGroup {
  const none = {
    groupId,
    errorMessage: null,
    state: 'Dead',
    protocolType: '',
    protocol: '',
    members: [],
    operations: operationsNotAsked,
  };
  const refusal = refusalFor(parts, groupId);
  if (refusal !== undefined) return { ...none, state: '', errorCode: refusal };
  const group = parts.coordinator.find(groupId);
  if (group === undefined) {
    if (version < 6) return { ...none, errorCode: code.NONE };
    return { ...none, errorCode: code.GROUP_ID_NOT_FOUND, errorMessage: 'no such group' };
  }
  const { state, protocolType } = group;
  // As in Kafka, the protocol and what it says of the members is told only when the members agree on it.
  const protocol = state === 'Stable' ? group.protocol : '';
  return { ...none, errorCode: code.NONE, state, protocolType, protocol, members: membersOf(group) };
}

function membersOf({ members, state, protocol }: Group) {
  const isStable = state === 'Stable';
  return members.map((member) => ({
    memberId: member.id,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    metadata: isStable ? metadataFor(member, protocol) : Buffer.alloc(0),
    assignment: isStable ? member.assignment : Buffer.alloc(0),
  }));
}

async function remove(parts: NodeParts, groupId: string): Promise<number> {
  const refusal = refusalFor(parts, groupId);
  if (refusal !== undefined) return refusal;
  const mayNot = parts.coordinator.mayDelete(groupId);
  return mayNot === code.NONE ? await keepForGroup(parts, () => parts.coordinator.delete(groupId)) : mayNot;
}

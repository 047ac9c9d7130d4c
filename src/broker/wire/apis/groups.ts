import { api } from '../api.ts';
import { array, boolean, bytes, field, int8, int16, int32, nullableString, string, struct } from '../types.ts';

/** FindCoordinator (10). Groups only; version 4 asks for several at once. */
export const findCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 4],
  flexibleFrom: 3,
  request: { key: field(string, '0-3'), keyType: field(int8, '1+'), keys: field(array(string), '4+') },
  response: {
    throttleTimeMs: field(int32, '1+'),
    errorCode: field(int16, '0-3'),
    errorMessage: field(nullableString, '1-3'),
    nodeId: field(int32, '0-3'),
    host: field(string, '0-3'),
    port: field(int32, '0-3'),
    coordinators: field(
      array(
        struct({
          key: field(string),
          nodeId: field(int32),
          host: field(string),
          port: field(int32),
          errorCode: field(int16),
          errorMessage: field(nullableString),
        }),
      ),
      '4+',
    ),
  },
});

/**
 * JoinGroup (11). From version 4 on, a new member is first given its id (MEMBER_ID_REQUIRED, KIP-394). From version 9 on,
 * a static leader is told after its restart not to make an assignment (KIP-814).
 */
export const joinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleFrom: 6,
  request: {
    groupId: field(string),
    sessionTimeoutMs: field(int32),
    rebalanceTimeoutMs: field(int32, '1+'),
    memberId: field(string),
    groupInstanceId: field(nullableString, '5+'),
    protocolType: field(string),
    protocols: field(array(struct({ name: field(string), metadata: field(bytes) }))),
    reason: field(nullableString, '8+'),
  },
  response: {
    throttleTimeMs: field(int32, '2+'),
    errorCode: field(int16),
    generationId: field(int32),
    protocolType: field(nullableString, '7+'),
    /** May be null from version 7 on. A value that is not null has the same bytes in all versions. */
    protocolName: field(nullableString),
    leader: field(string),
    skipAssignment: field(boolean, '9+'),
    memberId: field(string),
    members: field(
      array(struct({ memberId: field(string), groupInstanceId: field(nullableString, '5+'), metadata: field(bytes) })),
    ),
  },
});

/** SyncGroup (14). The leader sends the assignment of all members, and every member gets its own in the answer. */
export const syncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    groupId: field(string),
    generationId: field(int32),
    memberId: field(string),
    groupInstanceId: field(nullableString, '3+'),
    protocolType: field(nullableString, '5+'),
    protocolName: field(nullableString, '5+'),
    assignments: field(array(struct({ memberId: field(string), assignment: field(bytes) }))),
  },
  response: {
    throttleTimeMs: field(int32, '1+'),
    errorCode: field(int16),
    protocolType: field(nullableString, '5+'),
    protocolName: field(nullableString, '5+'),
    assignment: field(bytes),
  },
});

/** Heartbeat (12). */
export const heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleFrom: 4,
  request: {
    groupId: field(string),
    generationId: field(int32),
    memberId: field(string),
    groupInstanceId: field(nullableString, '3+'),
  },
  response: { throttleTimeMs: field(int32, '1+'), errorCode: field(int16) },
});

/** LeaveGroup (13). From version 3 several members may leave at once, static ones by their instance id. */
export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    groupId: field(string),
    memberId: field(string, '0-2'),
    members: field(
      array(
        struct({
          memberId: field(string),
          groupInstanceId: field(nullableString),
          reason: field(nullableString, '5+'),
        }),
      ),
      '3+',
    ),
  },
  response: {
    throttleTimeMs: field(int32, '1+'),
    errorCode: field(int16),
    members: field(
      array(struct({ memberId: field(string), groupInstanceId: field(nullableString), errorCode: field(int16) })),
      '3+',
    ),
  },
});

/** ListGroups (16): those that this broker coordinates. */
export const listGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleFrom: 3,
  request: { statesFilter: field(array(string), '4+'), typesFilter: field(array(string), '5+') },
  response: {
    throttleTimeMs: field(int32, '1+'),
    errorCode: field(int16),
    groups: field(
      array(
        struct({
          groupId: field(string),
          protocolType: field(string),
          state: field(string, '4+'),
          type: field(string, '5+'),
        }),
      ),
    ),
  },
});

/** DescribeGroups (15). A group that there is not is `Dead`, and GROUP_ID_NOT_FOUND from version 6 on (KIP-1043). */
export const describeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexibleFrom: 5,
  request: {
    groups: field(array(string)),
    includeOperations: field(boolean, '3+'),
  },
  response: {
    throttleTimeMs: field(int32, '1+'),
    groups: field(
      array(
        struct({
          errorCode: field(int16),
          errorMessage: field(nullableString, '6+'),
          groupId: field(string),
          state: field(string),
          protocolType: field(string),
          protocol: field(string),
          members: field(
            array(
              struct({
                memberId: field(string),
                groupInstanceId: field(nullableString, '4+'),
                clientId: field(string),
                clientHost: field(string),
                metadata: field(bytes),
                assignment: field(bytes),
              }),
            ),
          ),
          operations: field(int32, '3+'),
        }),
      ),
    ),
  },
});

/** DeleteGroups (42): an empty group and its committed offsets. */
export const deleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexibleFrom: 2,
  request: { groups: field(array(string)) },
  response: {
    throttleTimeMs: field(int32),
    results: field(array(struct({ groupId: field(string), errorCode: field(int16) }))),
  },
});

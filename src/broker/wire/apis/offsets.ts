import { api } from '../api.ts';
import {
  array,
  boolean,
  field,
  int16,
  int32,
  int64,
  leaderEpoch,
  nullableArray,
  nullableString,
  string,
  struct,
} from '../types.ts';

export const committedPartitions = array(
  struct({
    index: field(int32),
    offset: field(int64),
    leaderEpoch: field(leaderEpoch, '6+'),
    metadata: field(nullableString),
  }),
);

export const keptPartitions = array(struct({ index: field(int32), errorCode: field(int16) }));

/** OffsetCommit (8). Generation -1 with an empty member id is a commit from outside the group (tools, simple consumers). */
export const offsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 8],
  flexibleFrom: 8,
  request: {
    groupId: field(string),
    generationId: field(int32),
    memberId: field(string),
    groupInstanceId: field(nullableString, '7+'),
    retentionTimeMs: field(int64, '2-4'),
    topics: field(array(struct({ name: field(string), partitions: field(committedPartitions) }))),
  },
  response: {
    throttleTimeMs: field(int32, '3+'),
    topics: field(array(struct({ name: field(string), partitions: field(keptPartitions) }))),
  },
});

const askedTopics = nullableArray(struct({ name: field(string), partitions: field(array(int32)) }));
const foundTopics = array(
  struct({
    name: field(string),
    partitions: field(
      array(
        struct({
          index: field(int32),
          offset: field(int64),
          leaderEpoch: field(leaderEpoch, '5+'),
          metadata: field(nullableString),
          errorCode: field(int16),
        }),
      ),
    ),
  }),
);

/** OffsetFetch (9). A null topic list (2+) asks for all; version 8 asks for several groups at once. */
export const offsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 8],
  flexibleFrom: 6,
  request: {
    groupId: field(string, '0-7'),
    topics: field(askedTopics, '0-7'),
    groups: field(array(struct({ groupId: field(string), topics: field(askedTopics) })), '8+'),
    requireStable: field(boolean, '7+'),
  },
  response: {
    throttleTimeMs: field(int32, '3+'),
    topics: field(foundTopics, '0-7'),
    errorCode: field(int16, '2-7'),
    groups: field(array(struct({ groupId: field(string), topics: field(foundTopics), errorCode: field(int16) })), '8+'),
  },
});

/** OffsetDelete (47): forgets what a group has committed. */
export const offsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  request: {
    groupId: field(string),
    topics: field(array(struct({ name: field(string), partitions: field(array(struct({ index: field(int32) }))) }))),
  },
  response: {
    errorCode: field(int16),
    throttleTimeMs: field(int32),
    topics: field(
      array(
        struct({
          name: field(string),
          partitions: field(array(struct({ index: field(int32), errorCode: field(int16) }))),
        }),
      ),
    ),
  },
});

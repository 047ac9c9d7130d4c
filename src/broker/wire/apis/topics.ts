import { api } from '../api.ts';
import {
  array,
  boolean,
  field,
  int8,
  int16,
  int32,
  nullableArray,
  nullableString,
  string,
  struct,
  uuid,
} from '../types.ts';

/** "The client did not ask which operations it may do" in the authorized-operations fields. */
export const operationsNotAsked = -2147483648;

/** Of a Metadata: what links read in later versions, too. */
export const knownBrokers = array(
  struct({ nodeId: field(int32), host: field(string), port: field(int32), rack: field(nullableString, '1+') }),
);

export const describedTopics = array(
  struct({
    errorCode: field(int16),
    /** Null only where an id was asked for that is not known. */
    name: field(nullableString),
    topicId: field(uuid, '10+'),
    internal: field(boolean, '1+'),
    partitions: field(
      array(
        struct({
          errorCode: field(int16),
          index: field(int32),
          leaderId: field(int32),
          leaderEpoch: field(int32, '7+'),
          replicas: field(array(int32)),
          inSyncReplicas: field(array(int32)),
          offlineReplicas: field(array(int32), '5+'),
        }),
      ),
    ),
    operations: field(int32, '8+'),
  }),
);

/**
 * Metadata (3). Version 0 asks for all topics with an empty list, later versions with null; from version 12 on a topic may
 * be named by its id (KIP-516). A topic is created by being asked for only where the broker was told so.
 */
export const metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 12],
  flexibleFrom: 9,
  request: {
    topics: field(nullableArray(struct({ topicId: field(uuid, '10+'), name: field(nullableString) }))),
    allowAutoTopicCreation: field(boolean, '4+'),
    includeClusterOperations: field(boolean, '8-10'),
    includeTopicOperations: field(boolean, '8+'),
  },
  response: {
    throttleTimeMs: field(int32, '3+'),
    brokers: field(knownBrokers),
    clusterId: field(nullableString, '2+'),
    controllerId: field(int32, '1+'),
    topics: field(describedTopics),
    clusterOperations: field(int32, '8-10'),
  },
});

/** CreateTopics (19). Any node takes it and passes it to the name server. */
export const createTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [0, 7],
  flexibleFrom: 5,
  request: {
    topics: field(
      array(
        struct({
          name: field(string),
          partitionCount: field(int32),
          replicationFactor: field(int16),
          assignments: field(array(struct({ partition: field(int32), brokerIds: field(array(int32)) }))),
          configs: field(array(struct({ name: field(string), value: field(nullableString) }))),
        }),
      ),
    ),
    timeoutMs: field(int32),
    validateOnly: field(boolean, '1+'),
  },
  response: {
    throttleTimeMs: field(int32, '2+'),
    topics: field(
      array(
        struct({
          name: field(string),
          topicId: field(uuid, '7+'),
          errorCode: field(int16),
          errorMessage: field(nullableString, '1+'),
          partitionCount: field(int32, '5+'),
          replicationFactor: field(int16, '5+'),
          configs: field(
            array(
              struct({
                name: field(string),
                value: field(nullableString),
                readOnly: field(boolean),
                source: field(int8),
                sensitive: field(boolean),
              }),
            ),
            '5+',
          ),
        }),
      ),
    ),
  },
});

/** DeleteTopics (20), by name; from version 6 by name or by id (KIP-516), the other one being null or zeros. */
export const deleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [0, 6],
  flexibleFrom: 4,
  request: {
    topics: field(array(struct({ name: field(nullableString), topicId: field(uuid) })), '6+'),
    names: field(array(string), '0-5'),
    timeoutMs: field(int32),
  },
  response: {
    throttleTimeMs: field(int32, '1+'),
    topics: field(
      array(
        struct({
          name: field(nullableString),
          topicId: field(uuid, '6+'),
          errorCode: field(int16),
          errorMessage: field(nullableString, '5+'),
        }),
      ),
    ),
  },
});

/** DescribeCluster (60): the brokers without the topics. */
export const describeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    includeOperations: field(boolean),
    /** 1: brokers, 2: controllers, which clients cannot reach here. */
    endpointType: field(int8, '1+'),
    includeFenced: field(boolean, '2+'),
  },
  response: {
    throttleTimeMs: field(int32),
    errorCode: field(int16),
    errorMessage: field(nullableString),
    endpointType: field(int8, '1+'),
    clusterId: field(string),
    controllerId: field(int32),
    brokers: field(
      array(
        struct({
          nodeId: field(int32),
          host: field(string),
          port: field(int32),
          rack: field(nullableString),
          isFenced: field(boolean, '2+'),
        }),
      ),
    ),
    operations: field(int32),
  },
});

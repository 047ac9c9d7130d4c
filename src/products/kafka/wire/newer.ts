/**
 * Requests in versions that Kafka's own clients use and the bundled broker does not serve: as the schemas of Kafka 4.3 have
 * them (clients/src/main/resources/common/message). Those that name topics by id alone (KIP-516) have `topicId` where others
 * have `name`; topic-names.ts adds the name.
 */
import { api } from '../../../broker/wire/api.ts';
import { committedPartitions, keptPartitions } from '../../../broker/wire/apis/offsets.ts';
import {
  fetchedPartitions,
  foundTopics,
  lookedUpTopics,
  sentPartitions,
  storedPartitions,
  wantedPartitions,
} from '../../../broker/wire/apis/records.ts';
import { describedTopics, knownBrokers } from '../../../broker/wire/apis/topics.ts';
import {
  array,
  boolean,
  field,
  int8,
  int16,
  int32,
  int64,
  nullableArray,
  nullableString,
  string,
  struct,
  uuid,
  type WireType,
} from '../../../broker/wire/types.ts';

export const produceById = api({
  key: 0,
  name: 'Produce',
  versions: [13, 13],
  flexibleFrom: 9,
  request: {
    transactionalId: field(nullableString),
    acks: field(int16),
    timeoutMs: field(int32),
    topics: byId(sentPartitions),
  },
  response: { topics: byId(storedPartitions), throttleTimeMs: field(int32) },
});

export const fetchById = api({
  key: 1,
  name: 'Fetch',
  versions: [13, 18],
  flexibleFrom: 12,
  request: {
    replicaId: field(int32, '0-14'),
    maxWaitMs: field(int32),
    minBytes: field(int32),
    maxBytes: field(int32),
    isolationLevel: field(int8),
    sessionId: field(int32),
    sessionEpoch: field(int32),
    topics: byId(wantedPartitions),
    forgottenTopics: byId(array(int32)),
    rackId: field(string),
  },
  response: {
    throttleTimeMs: field(int32),
    errorCode: field(int16),
    sessionId: field(int32),
    topics: byId(fetchedPartitions),
  },
});

export const listOffsetsInTime = api({
  key: 2,
  name: 'ListOffsets',
  versions: [8, 11],
  flexibleFrom: 6,
  request: {
    replicaId: field(int32),
    isolationLevel: field(int8),
    topics: field(lookedUpTopics),
    timeoutMs: field(int32, '10+'),
  },
  response: { throttleTimeMs: field(int32), topics: field(foundTopics) },
});

export const metadataWithError = api({
  key: 3,
  name: 'Metadata',
  versions: [13, 13],
  flexibleFrom: 9,
  request: {
    topics: field(nullableArray(struct({ topicId: field(uuid), name: field(nullableString) }))),
    allowAutoTopicCreation: field(boolean),
    includeTopicOperations: field(boolean),
  },
  response: {
    throttleTimeMs: field(int32),
    brokers: field(knownBrokers),
    clusterId: field(nullableString),
    controllerId: field(int32),
    topics: field(describedTopics),
    errorCode: field(int16),
  },
});

export const offsetCommitById = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [10, 10],
  flexibleFrom: 8,
  request: {
    groupId: field(string),
    generationId: field(int32),
    memberId: field(string),
    groupInstanceId: field(nullableString),
    topics: byId(committedPartitions),
  },
  response: { throttleTimeMs: field(int32), topics: byId(keptPartitions) },
});

export const initProducerIdPrepared = api({
  key: 22,
  name: 'InitProducerId',
  versions: [6, 6],
  flexibleFrom: 2,
  request: {
    transactionalId: field(nullableString),
    transactionTimeoutMs: field(int32),
    producerId: field(int64),
    producerEpoch: field(int16),
    enableTwoPhaseCommit: field(boolean),
    keepPreparedTransaction: field(boolean),
  },
  response: {
    throttleTimeMs: field(int32),
    errorCode: field(int16),
    producerId: field(int64),
    producerEpoch: field(int16),
    ongoingProducerId: field(int64),
    ongoingProducerEpoch: field(int16),
  },
});

/** Topics by id, each with its partitions. */
function byId<T>(partitions: WireType<T>) {
  return field(array(struct({ topicId: field(uuid), partitions: field(partitions) })));
}

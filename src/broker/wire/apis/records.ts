import { api } from '../api.ts';
import {
  array,
  batches,
  field,
  int8,
  int16,
  int32,
  int64,
  leaderEpoch,
  nullableBytes,
  nullableString,
  string,
  struct,
  uuid,
} from '../types.ts';

/** Of a Produce: what links read in later versions, too, as the same of other requests below. */
export const sentPartitions = array(struct({ index: field(int32), records: field(nullableBytes) }));

export const storedPartitions = array(
  struct({
    index: field(int32),
    errorCode: field(int16),
    baseOffset: field(int64),
    logAppendTimeMs: field(int64, '2+'),
    logStartOffset: field(int64, '5+'),
    recordErrors: field(array(struct({ batchIndex: field(int32), message: field(nullableString) })), '8+'),
    errorMessage: field(nullableString, '8+'),
  }),
);

/**
 * Produce (0). Only record batches of magic 2 are served, which clients send from version 3 on. Versions 0 to 2 are
 * announced because librdkafka takes their absence for a broker without compression (KAFKA-18659); their records are
 * refused with UNSUPPORTED_FOR_MESSAGE_FORMAT. With acks 0 there is no response at all.
 */
export const produce = api({
  key: 0,
  name: 'Produce',
  versions: [0, 9],
  flexibleFrom: 9,
  request: {
    transactionalId: field(nullableString, '3+'),
    acks: field(int16),
    timeoutMs: field(int32),
    topics: field(array(struct({ name: field(string), partitions: field(sentPartitions) }))),
  },
  response: {
    topics: field(array(struct({ name: field(string), partitions: field(storedPartitions) }))),
    throttleTimeMs: field(int32, '1+'),
  },
});

export const wantedPartitions = array(
  struct({
    index: field(int32),
    currentLeaderEpoch: field(leaderEpoch, '9+'),
    fetchOffset: field(int64),
    lastFetchedEpoch: field(leaderEpoch, '12+'),
    logStartOffset: field(int64, '5+'),
    maxBytes: field(int32),
  }),
);

export const fetchedPartitions = array(
  struct(
    {
      index: field(int32),
      errorCode: field(int16),
      highWatermark: field(int64),
      lastStableOffset: field(int64, '4+'),
      logStartOffset: field(int64, '5+'),
      abortedTransactions: field(array(struct({ producerId: field(int64), firstOffset: field(int64) })), '4+'),
      preferredReadReplica: field(int32, '11+'),
      records: field(batches),
    },
    { divergingEpoch: { tag: 0, type: struct({ epoch: field(leaderEpoch), endOffset: field(int64) }) } },
  ),
);

/**
 * Fetch (1). Version 13 names topics by id (KIP-516): there are clients that do so in any version once Metadata has told them
 * ids. Fetch sessions (7+) are declined with session id 0.
 * Batches are returned whole: the client skips the records below the offset it asked for. A client that says which epoch
 * it read last (12+) is told where its log parts from this one (KIP-320).
 */
export const fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [0, 13],
  flexibleFrom: 12,
  request: {
    replicaId: field(int32),
    maxWaitMs: field(int32),
    minBytes: field(int32),
    maxBytes: field(int32, '3+'),
    isolationLevel: field(int8, '4+'),
    sessionId: field(int32, '7+'),
    sessionEpoch: field(int32, '7+'),
    topics: field(
      array(struct({ name: field(string, '0-12'), topicId: field(uuid, '13+'), partitions: field(wantedPartitions) })),
    ),
    forgottenTopics: field(
      array(struct({ name: field(string, '7-12'), topicId: field(uuid, '13+'), partitions: field(array(int32)) })),
      '7+',
    ),
    rackId: field(string, '11+'),
  },
  response: {
    throttleTimeMs: field(int32, '1+'),
    errorCode: field(int16, '7+'),
    sessionId: field(int32, '7+'),
    topics: field(
      array(struct({ name: field(string, '0-12'), topicId: field(uuid, '13+'), partitions: field(fetchedPartitions) })),
    ),
  },
});

export const lookedUpTopics = array(
  struct({
    name: field(string),
    partitions: field(
      array(struct({ index: field(int32), currentLeaderEpoch: field(leaderEpoch, '4+'), timestampMs: field(int64) })),
    ),
  }),
);

export const foundTopics = array(
  struct({
    name: field(string),
    partitions: field(
      array(
        struct({
          index: field(int32),
          errorCode: field(int16),
          timestampMs: field(int64),
          offset: field(int64),
          leaderEpoch: field(leaderEpoch, '4+'),
        }),
      ),
    ),
  }),
);

/**
 * ListOffsets (2). Timestamp -1 asks for the end, -2 for the start, -3 (7+) for the record with the newest time, anything
 * else for the first record at or after it.
 */
export const listOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 7],
  flexibleFrom: 6,
  request: {
    replicaId: field(int32),
    isolationLevel: field(int8, '2+'),
    topics: field(lookedUpTopics),
  },
  response: {
    throttleTimeMs: field(int32, '2+'),
    topics: field(foundTopics),
  },
});

/**
 * OffsetForLeaderEpoch (23): where the records of an epoch end, so that a consumer learns of a truncation (KIP-320). The
 * answer names the greatest epoch that is not above the one asked for.
 */
export const offsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [0, 4],
  flexibleFrom: 4,
  request: {
    replicaId: field(int32, '3+'),
    topics: field(
      array(
        struct({
          name: field(string),
          partitions: field(
            array(
              struct({
                index: field(int32),
                currentLeaderEpoch: field(leaderEpoch, '2+'),
                leaderEpoch: field(leaderEpoch),
              }),
            ),
          ),
        }),
      ),
    ),
  },
  response: {
    throttleTimeMs: field(int32, '2+'),
    topics: field(
      array(
        struct({
          name: field(string),
          partitions: field(
            array(
              struct({
                errorCode: field(int16),
                index: field(int32),
                leaderEpoch: field(leaderEpoch, '1+'),
                endOffset: field(int64),
              }),
            ),
          ),
        }),
      ),
    ),
  },
});

/** InitProducerId (22). Idempotence only: a transactional id is refused. Versions 3+ let a producer keep its id (KIP-360). */
export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 4],
  flexibleFrom: 2,
  request: {
    transactionalId: field(nullableString),
    transactionTimeoutMs: field(int32),
    producerId: field(int64, '3+'),
    producerEpoch: field(int16, '3+'),
  },
  response: {
    throttleTimeMs: field(int32),
    errorCode: field(int16),
    producerId: field(int64),
    producerEpoch: field(int16),
  },
});

import { api } from '../api.ts';
import {
  array,
  boolean,
  field,
  int8,
  int16,
  int32,
  int64,
  nullableArray,
  nullableBytes,
  nullableString,
  string,
  struct,
} from '../types.ts';

const configsAsked = array(struct({ name: field(string), value: field(nullableString) }));

/** What each resource of a change of configs is answered. */
const resourcesAnswered = array(
  struct({
    errorCode: field(int16),
    errorMessage: field(nullableString),
    type: field(int8),
    name: field(string),
  }),
);

/** Kinds of resources that have configs (org.apache.kafka.common.config.ConfigResource.Type). */
export const resourceType = { topic: 2, broker: 4 } as const;

/** DescribeConfigs (32). */
export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [0, 4],
  flexibleFrom: 4,
  request: {
    resources: field(array(struct({ type: field(int8), name: field(string), keys: field(nullableArray(string)) }))),
    includeSynonyms: field(boolean, '1+'),
    includeDocumentation: field(boolean, '3+'),
  },
  response: {
    throttleTimeMs: field(int32),
    results: field(
      array(
        struct({
          errorCode: field(int16),
          errorMessage: field(nullableString),
          type: field(int8),
          name: field(string),
          configs: field(
            array(
              struct({
                name: field(string),
                value: field(nullableString),
                readOnly: field(boolean),
                isDefault: field(boolean, '0'),
                source: field(int8, '1+'),
                sensitive: field(boolean),
                synonyms: field(
                  array(struct({ name: field(string), value: field(nullableString), source: field(int8) })),
                  '1+',
                ),
                valueType: field(int8, '3+'),
                documentation: field(nullableString, '3+'),
              }),
            ),
          ),
        }),
      ),
    ),
  },
});

/** AlterConfigs (33): what is not named goes back to its default. */
export const alterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    resources: field(array(struct({ type: field(int8), name: field(string), configs: field(configsAsked) }))),
    validateOnly: field(boolean),
  },
  response: { throttleTimeMs: field(int32), responses: field(resourcesAnswered) },
});

/** IncrementalAlterConfigs (44). Operations: 0 set, 1 delete, 2 append to a list, 3 take out of a list. */
export const incrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    resources: field(
      array(
        struct({
          type: field(int8),
          name: field(string),
          configs: field(array(struct({ name: field(string), operation: field(int8), value: field(nullableString) }))),
        }),
      ),
    ),
    validateOnly: field(boolean),
  },
  response: { throttleTimeMs: field(int32), responses: field(resourcesAnswered) },
});

/** CreatePartitions (37): `count` is how many the topic shall have. */
export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleFrom: 2,
  request: {
    topics: field(
      array(
        struct({
          name: field(string),
          count: field(int32),
          assignments: field(nullableArray(struct({ brokerIds: field(array(int32)) }))),
        }),
      ),
    ),
    timeoutMs: field(int32),
    validateOnly: field(boolean),
  },
  response: {
    throttleTimeMs: field(int32),
    results: field(
      array(struct({ name: field(string), errorCode: field(int16), errorMessage: field(nullableString) })),
    ),
  },
});

/** DeleteRecords (21): consumers see nothing below the offset any more; -1 is the high watermark. */
export const deleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    topics: field(
      array(
        struct({
          name: field(string),
          partitions: field(array(struct({ index: field(int32), offset: field(int64) }))),
        }),
      ),
    ),
    timeoutMs: field(int32),
  },
  response: {
    throttleTimeMs: field(int32),
    topics: field(
      array(
        struct({
          name: field(string),
          partitions: field(
            array(struct({ index: field(int32), lowWatermark: field(int64), errorCode: field(int16) })),
          ),
        }),
      ),
    ),
  },
});

/** DescribeLogDirs (35): the one folder of a node, with the bytes of each partition that it leads or follows. */
export const describeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 4],
  flexibleFrom: 2,
  request: {
    topics: field(nullableArray(struct({ name: field(string), partitions: field(array(int32)) }))),
  },
  response: {
    throttleTimeMs: field(int32),
    errorCode: field(int16, '3+'),
    results: field(
      array(
        struct({
          errorCode: field(int16),
          logDir: field(string),
          topics: field(
            array(
              struct({
                name: field(string),
                partitions: field(
                  array(
                    struct({
                      index: field(int32),
                      sizeBytes: field(int64),
                      offsetLag: field(int64),
                      isFuture: field(boolean),
                    }),
                  ),
                ),
              }),
            ),
          ),
          totalBytes: field(int64, '4+'),
          usableBytes: field(int64, '4+'),
        }),
      ),
    ),
  },
});

/** DescribeAcls (29). There are none: SECURITY_DISABLED, as Kafka without an authorizer. */
export const describeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    resourceType: field(int8),
    resourceName: field(nullableString),
    patternType: field(int8, '1+'),
    principal: field(nullableString),
    host: field(nullableString),
    operation: field(int8),
    permissionType: field(int8),
  },
  response: {
    throttleTimeMs: field(int32),
    errorCode: field(int16),
    errorMessage: field(nullableString),
    resources: field(array(struct({ type: field(int8) }))),
  },
});

/** ListTransactions (66): there are none. */
export const listTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    stateFilters: field(array(string)),
    producerIdFilters: field(array(int64)),
    durationFilterMs: field(int64, '1+'),
  },
  response: {
    throttleTimeMs: field(int32),
    errorCode: field(int16),
    unknownStateFilters: field(array(string)),
    transactions: field(
      array(struct({ transactionalId: field(string), producerId: field(int64), state: field(string) })),
    ),
  },
});

/** SaslHandshake (17). After version 0 the tokens of the mechanism follow without headers, after 1 in SaslAuthenticate. */
export const saslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  request: { mechanism: field(string) },
  response: { errorCode: field(int16), mechanisms: field(array(string)) },
});

/** SaslAuthenticate (36): one token of the mechanism each way. */
export const saslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexibleFrom: 2,
  request: { authBytes: field(nullableBytes) },
  response: {
    errorCode: field(int16),
    errorMessage: field(nullableString),
    authBytes: field(nullableBytes),
    sessionLifetimeMs: field(int64, '1+'),
  },
});

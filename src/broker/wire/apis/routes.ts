import { api } from '../api.ts';
import {
  array,
  boolean,
  bytes,
  field,
  int16,
  int32,
  int64,
  nullableString,
  nullableText,
  string,
  struct,
  uuid,
} from '../types.ts';

/*
 * The requests between nodes and the name server. They have Kafka's framing and keys far above Kafka's own, and are not
 * announced to clients. Promote is for the operator.
 */

const life = struct({ id: field(int32), life: field(uuid) });

/**
 * Watch (20001) registers a node, is its heartbeat, and acknowledges routes. The node says who it is, what its log has and
 * which version of the routes it uses. The answer comes when there is a newer version, or after `waitMs`.
 */
export const watch = api({
  key: 20001,
  name: 'Watch',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    nodeId: field(int32),
    setId: field(int32),
    host: field(string),
    port: field(int32),
    /** Where clients are told to reach the node; empty: at the same host. */
    clientHost: field(string),
    clientPort: field(int32),
    /** The present life of the node; every start gives a new one. */
    life: field(uuid),
    clusterId: field(nullableString),
    appliedVersion: field(int64),
    /** The leader epoch of its last entry; with `end`, it shows which node's log is the most advanced. */
    lastEpoch: field(int32),
    end: field(int64),
    /** False when a write or a sync of its log has failed: it stores nothing more before it is restarted. */
    writable: field(boolean),
    /** The node holds nothing, durably, of any topic whose deletion these routes or earlier ones say. */
    droppedVersion: field(int64),
    waitMs: field(int32),
  },
  response: {
    errorCode: field(int16),
    errorMessage: field(nullableString),
    /** The routes as the JSON text of their file; null when the node has the newest version. */
    routes: field(nullableText),
  },
});

/** What one of several topics is answered. */
const answeredTopics = array(
  struct({ errorCode: field(int16), errorMessage: field(nullableString), topicId: field(uuid) }),
);

const namedConfigs = array(struct({ name: field(string), value: field(string) }));

/**
 * AddTopics (20002): all of them in one change of the routes, each refused or made by itself. The answer comes when every
 * live node uses the new routes, or after `timeoutMs`: a topic that was made is then told REQUEST_TIMED_OUT.
 */
export const addTopics = api({
  key: 20002,
  name: 'AddTopics',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    topics: field(
      array(
        struct({
          name: field(string),
          partitionCount: field(int32),
          configs: field(namedConfigs),
        }),
      ),
    ),
    validateOnly: field(boolean),
    timeoutMs: field(int32),
  },
  response: {
    errorCode: field(int16),
    errorMessage: field(nullableString),
    version: field(int64),
    topics: field(answeredTopics),
  },
});

/** RemoveTopics (20003). Answered as AddTopics is. A node that is down learns of the deletion when it is back. */
export const removeTopics = api({
  key: 20003,
  name: 'RemoveTopics',
  versions: [0, 0],
  flexibleFrom: 0,
  request: { names: field(array(string)), timeoutMs: field(int32) },
  response: {
    errorCode: field(int16),
    errorMessage: field(nullableString),
    version: field(int64),
    topics: field(answeredTopics),
  },
});

/** AddPartitions (20009): `count` is how many the topic shall have. Answered as AddTopics is. */
export const addPartitions = api({
  key: 20009,
  name: 'AddPartitions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    topics: field(array(struct({ name: field(string), count: field(int32) }))),
    validateOnly: field(boolean),
    timeoutMs: field(int32),
  },
  response: {
    errorCode: field(int16),
    errorMessage: field(nullableString),
    version: field(int64),
    topics: field(answeredTopics),
  },
});

/** ConfigureTopics (20010): all configs of each topic anew. Answered as AddTopics is. */
export const configureTopics = api({
  key: 20010,
  name: 'ConfigureTopics',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    topics: field(array(struct({ name: field(string), configs: field(namedConfigs) }))),
    timeoutMs: field(int32),
  },
  response: {
    errorCode: field(int16),
    errorMessage: field(nullableString),
    version: field(int64),
    topics: field(answeredTopics),
  },
});

/**
 * Lead (20004). The node that the routes name as leader has recovered and asks for its leader epoch. Slaves that are dead
 * or were restarted are then no longer in-sync. FENCED_LEADER_EPOCH if the routes name another leader.
 */
export const lead = api({
  key: 20004,
  name: 'Lead',
  versions: [0, 0],
  flexibleFrom: 0,
  request: { setId: field(int32), leader: field(life) },
  response: { errorCode: field(int16), errorMessage: field(nullableString), version: field(int64) },
});

/**
 * InSync (20005). The leader of this epoch asks for other in-sync nodes. FENCED_LEADER_EPOCH if it is no longer leader,
 * INELIGIBLE_REPLICA if a new in-sync slave is not known in that life. Whatever the answer, earlier requests of this
 * leader can no longer change anything.
 */
export const changeInSync = api({
  key: 20005,
  name: 'InSync',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    setId: field(int32),
    epoch: field(int32),
    /** Grows with every request of a leader, so that a request that the leader gave up cannot be granted late. */
    sequence: field(int32),
    inSync: field(array(life)),
  },
  response: { errorCode: field(int16), errorMessage: field(nullableString), version: field(int64) },
});

/** Promote (20006). The operator makes a live node leader of its set, whatever its log has. */
export const promote = api({
  key: 20006,
  name: 'Promote',
  versions: [0, 0],
  flexibleFrom: 0,
  request: { nodeId: field(int32) },
  response: { errorCode: field(int16), errorMessage: field(nullableString), epoch: field(int32) },
});

/**
 * Replicate (20007). A slave tells its leader what it has, which confirms that, and asks for more entries. `end` is where
 * the slave's log ends, and `synced` how far it is synced. If the leader's log does not contain the slave's up to its end
 * (with `lastEpoch`), the answer says where to cut: `cutEpoch` is the leader's greatest epoch not above `lastEpoch`, and
 * `cutTo` the position after its last entry. The slave cuts there, or where that epoch ends in its own log if that is
 * lower (KIP-279), and asks again. With `cutTo` -1 there is nothing to cut.
 */
export const replicate = api({
  key: 20007,
  name: 'Replicate',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    setId: field(int32),
    slave: field(life),
    /** The set's leader epoch as the slave knows it. A leader that is told a greater one than its own is leader no longer. */
    epoch: field(int32),
    lastEpoch: field(int32),
    end: field(int64),
    synced: field(int64),
    waitMs: field(int32),
    maxBytes: field(int32),
  },
  response: {
    errorCode: field(int16),
    epoch: field(int32),
    cutEpoch: field(int32),
    cutTo: field(int64),
    data: field(bytes),
  },
});

/**
 * Tail (20008). A restarted leader asks what another replica has, and takes the entries that it lacks. The request has
 * `lastEpoch` and `end` of its own log. `extends` in the answer says whether the other log contains that log. Only then
 * the answer has data: the entries that follow, up to `maxBytes`.
 */
export const tail = api({
  key: 20008,
  name: 'Tail',
  versions: [0, 0],
  flexibleFrom: 0,
  request: { setId: field(int32), lastEpoch: field(int32), end: field(int64), maxBytes: field(int32) },
  response: {
    errorCode: field(int16),
    life: field(uuid),
    lastEpoch: field(int32),
    end: field(int64),
    extends: field(boolean),
    data: field(bytes),
  },
});

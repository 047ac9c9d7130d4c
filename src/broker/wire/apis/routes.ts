import { api } from '../api.ts';
import { array, boolean, bytes, field, int16, int32, int64, nullableString, string, struct, uuid } from '../types.ts';

/*
 * What nodes and the name server say to each other, in Kafka's framing with keys far above Kafka's own. It is not served
 * to clients; Promote is for the operator.
 */

const life = struct({ id: field(int32), life: field(uuid) });

/**
 * Watch (20001): registration, heartbeat, push of routes and their acknowledgement in one. A node says who it is,
 * what it holds and which version of the routes it has put to use; the answer comes when there is a newer one, or after
 * `waitMs`.
 */
export const watch = api({
  key: 20001,
  name: 'Watch',
  versions: [0, 0],
  request: {
    nodeId: field(int32),
    setId: field(int32),
    host: field(string),
    port: field(int32),
    /** Tells one life of a node from the next. */
    life: field(uuid),
    clusterId: field(nullableString),
    appliedVersion: field(int64),
    /** The epoch of its last entry and the end of its log: who is ahead. */
    lastEpoch: field(int32),
    end: field(int64),
    /** False once a write or a sync of its log has failed: it stores nothing more in this life. */
    writable: field(boolean),
    waitMs: field(int32),
  },
  response: {
    errorCode: field(int16),
    errorMessage: field(nullableString),
    /** The routes as JSON text, the same as in the file; null when the applied version is the newest. */
    routes: field(nullableString),
  },
});

/** CreateTopic (20002). Answered when every live node has put the new routes to use, or `timeoutMs` has passed. */
export const createTopic = api({
  key: 20002,
  name: 'CreateTopic',
  versions: [0, 0],
  request: {
    name: field(string),
    partitionCount: field(int32),
    validateOnly: field(boolean),
    timeoutMs: field(int32),
  },
  response: {
    errorCode: field(int16),
    errorMessage: field(nullableString),
    topicId: field(uuid),
    version: field(int64),
    sets: field(array(int32)),
  },
});

/** DeleteTopic (20003). Answered like CreateTopic; a node that is down learns of it when it is back. */
export const deleteTopic = api({
  key: 20003,
  name: 'DeleteTopic',
  versions: [0, 0],
  request: { name: field(string), timeoutMs: field(int32) },
  response: { errorCode: field(int16), errorMessage: field(nullableString), version: field(int64) },
});

/**
 * Lead (20004). The node that the routes name as leader has recovered and may serve: gives its life an epoch, and takes
 * out of in-sync those slaves that are not alive or have started anew. FENCED_LEADER_EPOCH if another was named.
 */
export const lead = api({
  key: 20004,
  name: 'Lead',
  versions: [0, 0],
  request: { setId: field(int32), leader: field(life) },
  response: { errorCode: field(int16), errorMessage: field(nullableString), version: field(int64) },
});

/**
 * InSync (20005). The leader of this epoch asks for another in-sync set. FENCED_LEADER_EPOCH if it leads no longer,
 * INELIGIBLE_REPLICA if a slave to be taken in is not known in that life. Whatever the
 * answer, no earlier request of this leader can change anything any more.
 */
export const changeInSync = api({
  key: 20005,
  name: 'InSync',
  versions: [0, 0],
  request: {
    setId: field(int32),
    epoch: field(int32),
    /** Grows with every request of a leader, so that one that was given up on cannot come true later. */
    sequence: field(int32),
    inSync: field(array(life)),
  },
  response: { errorCode: field(int16), errorMessage: field(nullableString), version: field(int64) },
});

/** Promote (20006). The operator makes a live node the leader of its set, whatever it holds. */
export const promote = api({
  key: 20006,
  name: 'Promote',
  versions: [0, 0],
  request: { nodeId: field(int32) },
  response: { errorCode: field(int16), errorMessage: field(nullableString), epoch: field(int32) },
});

/**
 * Replicate (20007). A slave says what it has and asks its leader for more: handshake, confirmation and pull in one.
 * `end` is on the slave's side written, `synced` on its disk. If (`lastEpoch`, `end`) is not on the leader's history,
 * `cutTo` is where the leader's last epoch at or below the slave's ends (`cutEpoch` says which); the slave cuts its log
 * there, or where its own such epoch ends if that is lower (KIP-279), and asks again. -1: nothing to cut.
 */
export const replicate = api({
  key: 20007,
  name: 'Replicate',
  versions: [0, 0],
  request: {
    setId: field(int32),
    slave: field(life),
    /** Of the set, as the slave knows it. A leader that is told a greater one than its own leads no longer. */
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
 * Tail (20008). A leader that starts again asks what another replica has, and takes what it lacks itself. `lastEpoch` and
 * `end` in the request are the asker's; `extends` says that the answerer's log contains that point, and only then is there
 * data from it on, up to `maxBytes`.
 */
export const tail = api({
  key: 20008,
  name: 'Tail',
  versions: [0, 0],
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

import { api } from '../api.ts';
import { array, boolean, field, int16, int32, int64, nullableString, string, uuid } from '../types.ts';

/*
 * What masters and the name server say to each other, in Kafka's framing with keys far above Kafka's own. It is not
 * served to clients.
 */

/**
 * Watch (20001): registration, heartbeat, push of routes and their acknowledgement in one. A master says who it is and
 * which version of the routes it has put to use; the answer comes when there is a newer one, or after `waitMs`.
 */
export const watch = api({
  key: 20001,
  name: 'Watch',
  versions: [0, 0],
  request: {
    masterId: field(int32),
    host: field(string),
    port: field(int32),
    /** Tells one life of a master from the next, so that a second process with the same id is noticed. */
    incarnation: field(uuid),
    clusterId: field(nullableString),
    appliedVersion: field(int64),
    waitMs: field(int32),
  },
  response: {
    errorCode: field(int16),
    errorMessage: field(nullableString),
    /** The routes as JSON text, the same as in the file; null when the applied version is the newest. */
    routes: field(nullableString),
  },
});

/** CreateTopic (20002). Answered when every live master has put the new routes to use, or `timeoutMs` has passed. */
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
    leaders: field(array(int32)),
  },
});

/** DeleteTopic (20003). Answered like CreateTopic; a master that is down learns of it when it is back. */
export const deleteTopic = api({
  key: 20003,
  name: 'DeleteTopic',
  versions: [0, 0],
  request: { name: field(string), timeoutMs: field(int32) },
  response: { errorCode: field(int16), errorMessage: field(nullableString), version: field(int64) },
});

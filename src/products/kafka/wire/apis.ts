/**
 * The requests of the protocol, as far as a link has to know them: all by name, so that an answer can be kept back whoever
 * asked; and those that it reads, in the versions in which it reads them, by the tables of the bundled broker.
 *
 * Of Fetch and Produce, versions that name topics by id alone (13+, KIP-516) are not read: only Metadata says which topic
 * that is, and it may have been asked for elsewhere.
 */
import type { Api } from '../../../broker/wire/api.ts';
import { findCoordinator, heartbeat, joinGroup, leaveGroup, syncGroup } from '../../../broker/wire/apis/groups.ts';
import { offsetCommit } from '../../../broker/wire/apis/offsets.ts';
import { fetch, initProducerId, listOffsets, produce } from '../../../broker/wire/apis/records.ts';
import { metadata } from '../../../broker/wire/apis/topics.ts';

export type AnyApi = Api<unknown, unknown>;

/** By key, as Kafka calls them, in the spelling of profiles (org.apache.kafka.common.protocol.ApiKeys). */
const names: Readonly<Record<number, string>> = {
  0: 'produce',
  1: 'fetch',
  2: 'list-offsets',
  3: 'metadata',
  8: 'offset-commit',
  9: 'offset-fetch',
  10: 'find-coordinator',
  11: 'join-group',
  12: 'heartbeat',
  13: 'leave-group',
  14: 'sync-group',
  15: 'describe-groups',
  16: 'list-groups',
  17: 'sasl-handshake',
  18: 'api-versions',
  19: 'create-topics',
  20: 'delete-topics',
  21: 'delete-records',
  22: 'init-producer-id',
  23: 'offset-for-leader-epoch',
  24: 'add-partitions-to-txn',
  25: 'add-offsets-to-txn',
  26: 'end-txn',
  28: 'txn-offset-commit',
  32: 'describe-configs',
  36: 'sasl-authenticate',
  42: 'delete-groups',
  47: 'offset-delete',
  60: 'describe-cluster',
  61: 'describe-producers',
  68: 'consumer-group-heartbeat',
  69: 'consumer-group-describe',
};

export const apiNames: readonly string[] = Object.values(names);

export function apiName(key: number): string {
  return names[key] ?? `api-${key}`;
}

export const saslHandshakeKey = 17;

/** Later versions of Produce have the same fields, and more of them in tags only (KIP-951). */
const producedByName: typeof produce = { ...produce, max: 12 };

const read = [
  producedByName,
  fetch,
  listOffsets,
  metadata,
  offsetCommit,
  findCoordinator,
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  initProducerId,
];
const byKey = new Map(read.map((api) => [api.key, api as unknown as AnyApi]));

/** Undefined: a request of that version is not read. */
export function readableApi(key: number, version: number): AnyApi | undefined {
  const api = byKey.get(key);
  return api !== undefined && version >= api.min && version <= api.max ? api : undefined;
}

export { fetch, metadata, producedByName as produce };

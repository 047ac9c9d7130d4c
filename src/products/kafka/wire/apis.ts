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

export const saslHandshakeKey = 17;

/** Later versions of Produce have the same fields, and more of them in tags only (KIP-951). */
const producedByName: typeof produce = { ...produce, max: 12 };

const fetchedByName: typeof fetch = { ...fetch, max: 12 };

const read = [
  producedByName,
  fetchedByName,
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

export { fetchedByName as fetch, metadata, producedByName as produce };

/**
 * The requests of the protocol, as far as a link has to know them: all by name, so that an answer can be kept back whoever
 * asked; and those that it reads, in the versions in which it reads them, by the tables of the bundled broker and, for
 * versions that only Kafka serves, its own (newer.ts).
 */
import type { Api } from '../../../broker/wire/api.ts';
import { findCoordinator, heartbeat, joinGroup, leaveGroup, syncGroup } from '../../../broker/wire/apis/groups.ts';
import { offsetCommit } from '../../../broker/wire/apis/offsets.ts';
import { fetch, initProducerId, listOffsets, produce } from '../../../broker/wire/apis/records.ts';
import { metadata } from '../../../broker/wire/apis/topics.ts';
import {
  fetchById,
  initProducerIdPrepared,
  listOffsetsInTime,
  metadataWithError,
  offsetCommitById,
  produceById,
} from './newer.ts';

export type AnyApi = Api<unknown, unknown>;

export const saslHandshakeKey = 17;

/** The version of a Fetch that may be of a session (KIP-227). */
export const sessionsFrom = 7;

/** The version of a Metadata whose answer has ids of topics (KIP-516). */
export const idsFrom = 10;

/** Later versions of Produce have the same fields, and more of them in tags only (KIP-951). */
const producedByName: typeof produce = { ...produce, max: 12 };

const fetchedByName: typeof fetch = { ...fetch, max: 12 };

const read = [
  producedByName,
  produceById,
  fetchedByName,
  fetchById,
  listOffsets,
  listOffsetsInTime,
  metadata,
  metadataWithError,
  { ...offsetCommit, max: 9 }, // the member's epoch in the place of the generation (KIP-848)
  offsetCommitById,
  { ...findCoordinator, max: 6 },
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  { ...initProducerId, max: 5 },
  initProducerIdPrepared,
] as unknown as readonly AnyApi[];

/** Undefined: a request of that version is not read. */
export function readableApi(key: number, version: number): AnyApi | undefined {
  return read.find((api) => api.key === key && version >= api.min && version <= api.max);
}

export { fetchedByName as fetch, metadata, producedByName as produce };

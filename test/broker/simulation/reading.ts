import { noTopicId } from '../../../src/broker/store/log/entry.ts';
import { listOffsets } from '../../../src/broker/wire/apis/records.ts';
import { code } from '../../../src/broker/wire/codes.ts';
import { readBatchHeader } from '../../../src/broker/wire/record-batch.ts';
import { payloadOf } from '../support/batches.ts';
import { fetchByName } from '../support/fetch.ts';
import { type Client, topic } from './client.ts';

export interface Read {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly records: readonly { readonly offset: number; readonly value: string }[];
}

/** What the leader shows from an offset on; undefined when nobody leads. @throws when nobody answers. */
export async function read(
  client: Client,
  partition: number,
  offset: number,
  maxWaitMs: number,
): Promise<Read | undefined> {
  const place = {
    index: partition,
    currentLeaderEpoch: -1,
    fetchOffset: offset,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
  };
  const topics = [{ name: topic, topicId: noTopicId, partitions: [{ ...place, maxBytes: 2000 }] }];
  const request = { ...fetchByName.request.zero, replicaId: -1, maxWaitMs, minBytes: 1, maxBytes: 2000, topics };
  const found = (await client.callLeader(partition, fetchByName, request))?.topics[0]?.partitions[0];
  if (found === undefined) return undefined;
  // whole batches come: the first may begin before the offset
  const records = found.records.flatMap(recordsIn).filter((record) => record.offset >= offset);
  return { errorCode: found.errorCode, highWatermark: found.highWatermark, records };
}

/** The end that consumers are told; undefined when it is not known. @throws when nobody answers. */
export async function endOf(client: Client, partition: number): Promise<number | undefined> {
  const partitions = [{ index: partition, currentLeaderEpoch: -1, timestampMs: -1 }];
  const request = { ...listOffsets.request.zero, replicaId: -1, topics: [{ name: topic, partitions }] };
  const found = (await client.callLeader(partition, listOffsets, request))?.topics[0]?.partitions[0];
  return found?.errorCode === code.NONE ? found.offset : undefined;
}

/** Of batches that follow each other in one buffer, as they do in a response. */
function recordsIn(records: Buffer): { offset: number; value: string }[] {
  const found: { offset: number; value: string }[] = [];
  for (let at = 0; at < records.length; ) {
    const batch = records.subarray(at);
    const { sizeBytes, baseOffset } = readBatchHeader(batch);
    found.push({ offset: baseOffset, value: payloadOf(batch.subarray(0, sizeBytes)) });
    at += sizeBytes;
  }
  return found;
}

import { messageOf } from '../errors.ts';
import { HangUp, type Route, route } from '../rpc/route.ts';
import type { Appended } from '../store/partitions/partition.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import { initProducerId, produce } from '../wire/apis/records.ts';
import { code } from '../wire/codes.ts';
import { codec } from '../wire/compression/decompress.ts';
import { ContentBudget, checkBatch } from '../wire/record-batch.ts';
import { ledPartition, type NodeParts } from './parts.ts';
import { enoughReplicas, flushed, refusalCode, safe } from './safety.ts';
import type { Answer, Append } from './seams.ts';
import { limitsOf } from './topic-limits.ts';
import { tellOfTransactions } from './transactions.ts';

/**
 * Produce and InitProducerId. The batches of a request go to the log in the turn of the event loop in which the request
 * arrived, so requests that overlap on a connection are stored in their order. A request is answered when all its batches
 * are flushed (acks 1) or protected (acks all), even batches that are duplicates of stored ones; with acks 0, never.
 */
export function produceRoutes(parts: NodeParts): Route[] {
  return [
    route(produce, (request, { version }) => produceTo(parts, request, version), true),
    route(initProducerId, (request) => giveProducerId(parts, request)),
  ];
}

type Request = RequestOf<typeof produce>;
type Response = ResponseOf<typeof produce>;

type PartitionResponse = Response['topics'][number]['partitions'][number];

async function produceTo(parts: NodeParts, request: Request, version: number): Promise<Response | undefined> {
  const acksKnown = request.acks === 0 || request.acks === 1 || request.acks === -1;
  const budget = new ContentBudget();
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ index, records }) => {
      const asked = { request, version, topic: name, index, records, budget };
      return { index, appended: acksKnown ? append(parts, asked) : refused(code.INVALID_REQUIRED_ACKS) };
    }),
  }));
  const answered: Response['topics'][number][] = [];
  for (const { name, partitions } of topics) {
    const done: PartitionResponse[] = [];
    for (const { index, appended } of partitions) {
      const { errorCode, baseOffset } = appended instanceof Promise ? await appended : appended;
      done.push({
        index,
        errorCode,
        baseOffset,
        logAppendTimeMs: -1,
        logStartOffset: errorCode === code.NONE ? startOf(parts, name, index) : -1,
        recordErrors: [],
        errorMessage: null,
      });
    }
    answered.push({ name, partitions: done });
  }
  if (request.acks !== 0) return { topics: answered, throttleTimeMs: 0 };
  // Kafka closes the connection too: a producer that gets no answers would go on sending to a former leader.
  const failed = answered.some(({ partitions }) => partitions.some(({ errorCode }) => errorCode !== code.NONE));
  if (failed) throw new HangUp('acks 0, and not stored');
  return undefined;
}

interface AskedAppend {
  readonly request: Request;
  readonly version: number;
  readonly topic: string;
  readonly index: number;
  readonly records: Buffer | null;
  readonly budget: ContentBudget;
}

function append(parts: NodeParts, asked: AskedAppend): Answer | Promise<Answer> {
  const { request, version, topic, index, records, budget } = asked;
  if (request.transactionalId !== null) return refused(code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  const partition = ledPartition(parts, topic, index);
  if (typeof partition === 'number') return refused(partition);
  const limits = limitsOf(parts, topic);
  const newestCodec = version < 7 ? codec.lz4 : codec.zstd;
  const header = checkBatch(records ?? Buffer.alloc(0), limits.maxBatchBytes, newestCodec, budget);
  if (typeof header === 'number' || records === null)
    return refused(typeof header === 'number' ? header : code.CORRUPT_MESSAGE);
  if (request.acks === -1 && !enoughReplicas(parts, limits.inSyncReplicas)) return refused(code.NOT_ENOUGH_REPLICAS);
  const { acks, timeoutMs } = request;
  return parts.seams.append({ parts, partition, records, header, acks, timeoutMs });
}

/** The honest way to append: it settles when the settings of the node allow an answer, and no earlier. */
export const appendAndWait: Append = async ({ parts, partition, records, header, acks, timeoutMs }) => {
  let appended: Appended;
  try {
    appended = await partition.append(parts.store.log, records, header);
  } catch (error) {
    return refused(refusalCode(error));
  }
  if (acks === 0 || appended.errorCode !== code.NONE) return appended;
  const errorCode = await (acks === 1 ? flushed(parts, appended.end, timeoutMs) : safe(parts, appended.end, timeoutMs));
  return errorCode === code.NONE ? appended : refused(errorCode);
};

function startOf(parts: NodeParts, topic: string, index: number): number {
  const partition = ledPartition(parts, topic, index);
  return typeof partition === 'number' ? -1 : partition.logStartOffset;
}

function refused(errorCode: number): Answer {
  return { errorCode, baseOffset: -1 };
}

async function giveProducerId(
  parts: NodeParts,
  request: RequestOf<typeof initProducerId>,
): Promise<ResponseOf<typeof initProducerId>> {
  const none = { throttleTimeMs: 0, producerId: -1, producerEpoch: -1 };
  if (request.transactionalId !== null) {
    tellOfTransactions(parts, request.transactionalId);
    return { ...none, errorCode: code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
  }
  try {
    return { ...none, errorCode: code.NONE, producerId: await parts.producerIds.next(), producerEpoch: 0 };
  } catch (error) {
    parts.world.log(`cannot reserve producer ids: ${messageOf(error)}`);
    return { ...none, errorCode: code.KAFKA_STORAGE_ERROR };
  }
}

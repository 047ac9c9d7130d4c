/** What each rule does to a request and its answer, as both ends see it. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { heartbeat } from '../../../../src/broker/wire/apis/groups.ts';
import { frame } from '../../../../src/broker/wire/frame.ts';
import {
  decodeResponse,
  encodeRequest,
  encodeResponse,
  readHeader,
  readRequest,
} from '../../../../src/broker/wire/message.ts';
import { Reader } from '../../../../src/broker/wire/reader.ts';
import { checkBatch } from '../../../../src/broker/wire/record-batch.ts';
import type { WireDeed, WireRule } from '../../../../src/link/wire/rule.ts';
import { RuleBook } from '../../../../src/link/wire/rule-book.ts';
import { fetch, metadata, produce } from '../../../../src/products/kafka/wire/apis.ts';
import { batch } from '../../../broker/support/batches.ts';
import { Between, captured, joined } from './support/conversation.ts';

afterEach(() => vi.useRealTimers());

const blankPartition = { logAppendTimeMs: -1, logStartOffset: 0, recordErrors: [], errorMessage: null };
/** One record of kafkajs's own making, as it went over the wire. */
const real = realBatch();

describe.each([7, 9, 12])('Produce %i', (version) => {
  test('lost answer: the request is served, and its connection closed', () => {
    const link = between({ type: 'lose-answer', connection: 'closes' }, { api: 'produce', times: 1 });
    const requests = [asked(version, 1), asked(version, 2)];
    for (const request of requests) link.connection.fromClient(request);
    expect(link.server.equals(Buffer.concat(requests))).toBe(true);
    expect(report(link).done).toBe(0);
    link.connection.fromServer(answered(version, 1));
    expect(link.client.length).toBe(0);
    expect(link.ended).toEqual(['client', 'server']);
    expect(report(link)).toMatchObject({ met: 1, done: 1, by: { 'orders/0': 1 } });
    expect(report(link).log).toMatchObject([
      {
        ...{ connection: 1, client: 'me', api: 'produce', version, correlationId: 1 },
        ...{ topic: 'orders', partition: 0, records: 1, producerId: 5, baseSequence: 11, othersInFlight: 1 },
      },
    ]);
  });

  test('lost answer: what it said is told if it was an error', () => {
    const link = between({ type: 'lose-answer', connection: 'goes on' }, { times: 1 });
    link.connection.fromClient(asked(version, 1));
    link.connection.fromServer(answered(version, 1, [0], 6));
    expect(report(link).log).toMatchObject([{ error: 'NOT_LEADER_OR_FOLLOWER' }]);
  });

  test('lost answer: the connection goes on', () => {
    const link = between({ type: 'lose-answer', connection: 'goes on' }, { times: 2 });
    for (const id of [1, 2, 3]) link.connection.fromClient(asked(version, id));
    for (const id of [1, 2, 3]) link.connection.fromServer(answered(version, id));
    expect(link.client.equals(answered(version, 3))).toBe(true);
    expect(report(link)).toMatchObject({ met: 2, done: 2 });
  });

  test('lost answer: the connection falls silent until the rule is removed, and is closed then', () => {
    const link = between({ type: 'lose-answer', connection: 'falls silent' }, { times: 1 });
    for (const id of [1, 2]) link.connection.fromClient(asked(version, id));
    for (const id of [1, 2]) link.connection.fromServer(answered(version, id));
    expect(link.client.length).toBe(0);
    expect(link.ended).toEqual([]);
    expect(link.book.remove('f1')).toMatchObject({ done: 1 });
    expect(link.ended).toEqual(['client', 'server']);
  });

  test('a request that dies with its connection counts for nothing, and the next one is taken', () => {
    const link = between({ type: 'lose-answer', connection: 'goes on' }, { times: 1 });
    link.connection.fromClient(asked(version, 1));
    link.connection.closed();
    const next = new Between(link.book, 2);
    next.connection.fromClient(asked(version, 1));
    next.connection.fromServer(answered(version, 1));
    expect(next.client.length).toBe(0);
    expect(report(link)).toMatchObject({ met: 2, done: 1 });
  });

  test('an error instead: the broker is asked for the rest alone', () => {
    const link = between(
      { type: 'answer-error', error: 'NOT_LEADER_OR_FOLLOWER', served: false },
      { partition: 1, times: 2 },
    );
    link.connection.fromClient(asked(version, 1, [0, 1]));
    const [request] = requestsIn(link.server, version);
    expect(request?.topics.flatMap(({ partitions }) => partitions.map(({ index }) => index))).toEqual([0]);
    link.connection.fromServer(answered(version, 1, [0]));
    expect(errorsIn(link.client, version)).toEqual([
      [0, 0],
      [1, 6],
    ]);
    link.connection.fromClient(asked(version, 2, [1]));
    expect(requestsIn(link.server, version)).toHaveLength(1);
    expect(errorsIn(link.client, version).slice(2)).toEqual([[1, 6]]);
    expect(report(link)).toMatchObject({ done: 2, by: { 'orders/1': 2 } });
  });

  test('an error that is made here waits for the answers before it', () => {
    const link = between({ type: 'answer-error', error: 'NOT_LEADER_OR_FOLLOWER', served: false }, { partition: 1 });
    link.connection.fromClient(Buffer.concat([asked(version, 1), asked(version, 2, [1]), asked(version, 3)]));
    expect(link.client.length).toBe(0);
    link.connection.fromServer(answered(version, 1));
    link.connection.fromServer(answered(version, 3));
    expect(correlationsIn(link.client)).toEqual([1, 2, 3]);
  });

  test('an error after it was served', () => {
    const link = between({ type: 'answer-error', error: 'REQUEST_TIMED_OUT', served: true }, { partition: 1 });
    const request = asked(version, 1, [0, 1]);
    link.connection.fromClient(request);
    expect(link.server.equals(request)).toBe(true);
    link.connection.fromServer(answered(version, 1, [0, 1]));
    expect(errorsIn(link.client, version)).toEqual([
      [0, 0],
      [1, 7],
    ]);
  });

  test('a request twice: its client sees one answer', () => {
    const link = between(records('double', 'produce'), { times: 1 });
    link.connection.fromClient(asked(version, 1));
    link.connection.fromClient(asked(version, 2));
    expect(link.server.equals(Buffer.concat([1, 1, 2].map((id) => asked(version, id))))).toBe(true);
    for (const id of [1, 1, 2]) link.connection.fromServer(answered(version, id));
    expect(link.client.equals(Buffer.concat([1, 2].map((id) => answered(version, id))))).toBe(true);
  });

  test('two requests in the place of the other: answers keep their order', () => {
    const link = between(records('swap', 'produce'), { times: 1 });
    for (const id of [1, 2, 3]) link.connection.fromClient(asked(version, id));
    expect(link.server.equals(Buffer.concat([2, 1, 3].map((id) => asked(version, id))))).toBe(true);
    for (const id of [2, 1, 3]) link.connection.fromServer(answered(version, id));
    expect(correlationsIn(link.client)).toEqual([1, 2, 3]);
    expect(report(link).log).toMatchObject([{ correlationId: 1, otherCorrelationId: 2 }]);
  });

  test('a request waits for another of its partition only so long', () => {
    vi.useFakeTimers();
    const link = between(records('swap', 'produce'), { times: 1 });
    link.connection.fromClient(asked(version, 1));
    link.connection.fromClient(asked(version, 2, [1]));
    expect(link.server.equals(asked(version, 2, [1]))).toBe(true);
    vi.runAllTimers();
    expect(link.server.equals(Buffer.concat([asked(version, 2, [1]), asked(version, 1)]))).toBe(true);
    expect(report(link)).toMatchObject({ done: 0 });
  });

  test.each([
    ['right', true],
    ['wrong', false],
  ] as const)('a damaged batch whose checksum is %s', (checksum, isAccepted) => {
    const link = between({ ...records('corrupt', 'produce'), checksum }, { times: 1 });
    link.connection.fromClient(asked(version, 1, [0], real));
    const sent = requestsIn(link.server, version)[0]?.topics[0]?.partitions[0]?.records;
    expect(differences(sent ?? Buffer.alloc(0), real, 21)).toBe(1);
    expect(typeof checkBatch(sent ?? Buffer.alloc(0), 1 << 20)).toBe(isAccepted ? 'object' : 'number');
    link.connection.fromClient(asked(version, 2, [0], real));
    expect(requestsIn(link.server, version)[1]?.topics[0]?.partitions[0]?.records?.equals(real)).toBe(true);
  });

  test('delayed answer: those behind it wait, too; at its end all go out', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const link = between({ type: 'delay-answer', delayMs: 500 }, { partition: 0 });
    link.connection.fromClient(asked(version, 1));
    link.connection.fromClient(asked(version, 2, [1]));
    link.connection.fromServer(answered(version, 1));
    link.connection.fromServer(answered(version, 2, [1]));
    vi.advanceTimersByTime(499);
    expect(link.client.length).toBe(0);
    vi.advanceTimersByTime(2);
    expect(correlationsIn(link.client)).toEqual([1, 2]);
    link.connection.fromClient(asked(version, 3));
    link.connection.fromServer(answered(version, 3));
    link.book.remove('f1');
    expect(correlationsIn(link.client)).toEqual([1, 2, 3]);
  });

  test('without an answer there is none to lose', () => {
    const link = between({ type: 'lose-answer', connection: 'closes' });
    link.connection.fromClient(asked(version, 1, [0], batch(), 0));
    link.connection.fromClient(asked(version, 2));
    link.connection.fromServer(answered(version, 2));
    expect(report(link)).toMatchObject({ met: 1, done: 1 });
  });
});

test('a version that is not read: its answer can be lost, and of a topic nobody knows', () => {
  const request = asked(12, 1);
  request.writeInt16BE(13, 6);
  const link = between({ type: 'lose-answer', connection: 'goes on' }, { times: 1 });
  link.book.add({ id: 'f2', seed: 1, deed: { type: 'lose-answer', connection: 'goes on' }, topic: 'orders' });
  link.connection.fromClient(request);
  link.connection.fromServer(answered(12, 1));
  link.connection.fromClient(request);
  link.connection.fromServer(answered(12, 1));
  expect(report(link)).toMatchObject({ done: 1 });
  expect(link.book.report('f2')).toMatchObject({ met: 0, done: 0, unread: 1 });
  expect(link.client.equals(answered(12, 1))).toBe(true);
});

const noTopic = '0'.repeat(32);

test.each([6, 9, 12])('Metadata %i: the leader is another broker', (version) => {
  const link = between({ type: 'move-leader' }, { topic: 'ord*', partition: 1 });
  const request = { ...metadata.request.zero, topics: [{ name: 'orders', topicId: noTopic }] };
  link.connection.fromClient(frame(encodeRequest(metadata, { version, correlationId: 1, clientId: 'me' }, request)));
  const partition = { ...zeroOf(), replicas: [1, 2], inSyncReplicas: [1, 2], offlineReplicas: [] };
  const brokers = [1, 2].map((nodeId) => ({ nodeId, host: 'h', port: 9092, rack: null }));
  const partitions = [0, 1].map((index) => ({ ...partition, index, leaderId: 2 }));
  const topics = [{ errorCode: 0, name: 'orders', topicId: noTopic, internal: false, partitions, operations: 0 }];
  const answer = { ...metadata.response.zero, clusterId: 'c', brokers, topics };
  link.connection.fromServer(frame(encodeResponse(metadata, version, 1, answer)));
  const [, seen] = decodeResponse(metadata, version, link.client.subarray(4));
  expect(seen.topics[0]?.partitions.map(({ leaderId }) => leaderId)).toEqual([2, 1]);
  expect(report(link).log).toMatchObject([{ topic: 'orders', partition: 1, leader: 2, named: 1 }]);
});

test.each([4, 11, 12])('Fetch %i: batches twice, in the place of the other, and damaged', (version) => {
  const [one, two] = [at(real, 10), at(real, 11)];
  const fetched = (deed: WireDeed, batches: readonly Buffer[]): Buffer => {
    const link = between(deed, { api: 'fetch', times: 1 });
    link.connection.fromClient(fetchRequest(version, 1));
    link.connection.fromServer(fetchAnswer(version, 1, []));
    link.connection.fromClient(fetchRequest(version, 2));
    link.connection.fromServer(fetchAnswer(version, 2, batches));
    expect(report(link)).toMatchObject({ met: 2, done: 1 });
    const second = framesIn(link.client)[1] ?? Buffer.alloc(0);
    return Buffer.concat(decodeResponse(fetch, version, second)[1].topics[0]?.partitions[0]?.records ?? []);
  };
  expect(fetched(records('double', 'fetch'), [one, two]).equals(Buffer.concat([one, one, two]))).toBe(true);
  expect(fetched(records('swap', 'fetch'), [one, two]).equals(Buffer.concat([two, one]))).toBe(true);
  expect(differences(fetched(records('corrupt', 'fetch'), [one, two]), Buffer.concat([one, two]), 21)).toBe(1);
});

test('the error of a group stands for the whole answer', () => {
  const link = between({ type: 'answer-error', error: 'REBALANCE_IN_PROGRESS', served: false }, { api: 'heartbeat' });
  const header = { version: 4, correlationId: 1, clientId: 'me' };
  link.connection.fromClient(frame(encodeRequest(heartbeat, header, heartbeat.request.zero)));
  expect(link.server.length).toBe(0);
  expect(decodeResponse(heartbeat, 4, link.client.subarray(4))).toEqual([1, { throttleTimeMs: 0, errorCode: 27 }]);
});

test('the same seed takes the same requests, another seed others', () => {
  const taken = (seed: number): number[] => {
    const link = between({ type: 'lose-answer', connection: 'goes on' }, { share: 0.3, seed });
    const ids = Array.from({ length: 200 }, (_, index) => index + 1);
    for (const id of ids) {
      link.connection.fromClient(asked(7, id));
      link.connection.fromServer(answered(7, id));
    }
    const delivered = correlationsIn(link.client);
    return ids.filter((id) => !delivered.includes(id));
  };
  expect(taken(1)).toEqual(taken(1));
  expect(taken(1)).not.toEqual(taken(2));
  expect(taken(1).length).toBeGreaterThan(40);
  expect(taken(1).length).toBeLessThan(80);
});

test('a rule for clients of a name, or of a process', () => {
  const done = (client: string): number => {
    const link = between({ type: 'lose-answer', connection: 'goes on' }, { client });
    link.connection.fromClient(asked(7, 1));
    link.connection.fromServer(answered(7, 1));
    return report(link).done;
  };
  expect(['me', 'm*', 'p1', 'p*', 'you', 'p2'].map(done)).toEqual([1, 1, 1, 1, 0, 0]);
});

test('the log is bounded, the numbers are exact', () => {
  const link = between({ type: 'lose-answer', connection: 'goes on' });
  for (let id = 1; id <= 250; id++) {
    link.connection.fromClient(asked(7, id));
    link.connection.fromServer(answered(7, id));
  }
  expect(report(link)).toMatchObject({ done: 250, notLogged: 150, by: { 'orders/0': 250 } });
  expect(report(link).log).toHaveLength(100);
});

function between(deed: WireDeed, rule: Partial<WireRule> = {}): Between {
  const book = new RuleBook();
  book.add({ id: 'f1', seed: 7, deed, ...rule });
  return new Between(book);
}

function records(how: 'double' | 'corrupt' | 'swap', on: 'produce' | 'fetch') {
  return { type: 'change-records', how, on, checksum: 'right' } as const;
}

function report(link: Between) {
  const found = link.book.report('f1');
  if (found === undefined) throw new Error('no rule f1');
  return found;
}

function asked(version: number, correlationId: number, partitions = [0], sent = identified(), acks = -1): Buffer {
  const topics = [{ name: 'orders', partitions: partitions.map((index) => ({ index, records: sent })) }];
  const request = { transactionalId: null, acks, timeoutMs: 1000, topics };
  return frame(encodeRequest(produce, { version, correlationId, clientId: 'me' }, request));
}

function identified(): Buffer {
  return batch({ producerId: 5, epoch: 0, sequence: 11 });
}

function answered(version: number, correlationId: number, partitions = [0], errorCode = 0): Buffer {
  const topics = [
    {
      name: 'orders',
      partitions: partitions.map((index) => ({ index, errorCode, baseOffset: 77, ...blankPartition })),
    },
  ];
  return frame(encodeResponse(produce, version, correlationId, { topics, throttleTimeMs: 0 }));
}

function fetchRequest(version: number, correlationId: number): Buffer {
  const partition = {
    index: 0,
    currentLeaderEpoch: -1,
    fetchOffset: 10,
    lastFetchedEpoch: -1,
    logStartOffset: 0,
    maxBytes: 1,
  };
  const request = { ...fetch.request.zero, topics: [{ name: 'orders', topicId: noTopic, partitions: [partition] }] };
  return frame(encodeRequest(fetch, { version, correlationId, clientId: 'me' }, request));
}

function fetchAnswer(version: number, correlationId: number, batches: readonly Buffer[]): Buffer {
  const numbers = { index: 0, errorCode: 0, highWatermark: 12, lastStableOffset: 12, logStartOffset: 0 };
  const partition = { ...numbers, abortedTransactions: [], preferredReadReplica: -1, records: batches };
  const answer = { ...fetch.response.zero, topics: [{ name: 'orders', topicId: noTopic, partitions: [partition] }] };
  return frame(encodeResponse(fetch, version, correlationId, answer));
}

function framesIn(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at)) {
    frames.push(bytes.subarray(at + 4, at + 4 + bytes.readInt32BE(at)));
  }
  return frames;
}

function correlationsIn(bytes: Buffer): number[] {
  return framesIn(bytes).map((one) => one.readInt32BE(0));
}

function requestsIn(bytes: Buffer, version: number) {
  return framesIn(bytes).map((one) => {
    const reader = new Reader(one);
    const header = readHeader(reader);
    expect(header.version).toBe(version);
    return readRequest(produce, header, reader);
  });
}

/** Partition and error of each partition that was answered. */
function errorsIn(bytes: Buffer, version: number): number[][] {
  return framesIn(bytes).flatMap((one) =>
    decodeResponse(produce, version, one)[1].topics.flatMap(({ partitions }) =>
      partitions.map(({ index, errorCode }) => [index, errorCode]),
    ),
  );
}

function differences(a: Buffer, b: Buffer, from: number): number {
  expect(a.length).toBe(b.length);
  let count = 0;
  for (let at = from; at < a.length; at++) if (a[at] !== b[at]) count += 1;
  return count;
}

function at(source: Buffer, offset: number): Buffer {
  const copy = Buffer.from(source);
  copy.writeBigInt64BE(BigInt(offset), 0);
  return copy;
}

function zeroOf() {
  return { errorCode: 0, index: 0, leaderId: 0, leaderEpoch: 0 };
}

function realBatch(): Buffer {
  for (const { client, said } of captured()) {
    if (client !== 'kafkajs') continue;
    for (const one of framesIn(joined(said, 'client'))) {
      const reader = new Reader(one);
      const header = readHeader(reader);
      if (header.apiKey !== produce.key) continue;
      const sent = readRequest(produce, header, reader).topics[0]?.partitions[0]?.records;
      if (sent != null) return sent;
    }
  }
  throw new Error('nothing was produced');
}

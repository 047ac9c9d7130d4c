import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as net from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import type { Api } from '../../src/broker/wire/api.ts';
import { fetch, produce } from '../../src/broker/wire/apis/records.ts';
import { metadata } from '../../src/broker/wire/apis/topics.ts';
import { apiVersions } from '../../src/broker/wire/apis/versions.ts';
import { FrameSplitter, frame } from '../../src/broker/wire/frame.ts';
import { encodeRequest } from '../../src/broker/wire/message.ts';
import { uuid } from '../../src/broker/wire/types.ts';
import { batch } from './support/batches.ts';
import { after, type BrokerProcess, createTopic, TestCluster } from './support/nodes.ts';

/*
 * Clients that do not read, do not wait, or send too much, against real nodes. A hang shows itself by the time limit of a
 * test. The bounds on memory are far above what is seen, and far below what the same clients took before there were any.
 */

const mebi = 1024 * 1024;

function request<Q, S>(api: Api<Q, S>, body: Q, correlationId = 1): Buffer {
  return frame(encodeRequest(api, { version: api.max, correlationId, clientId: 'careless' }, body));
}

function produceOf(bytes: number): Buffer {
  const records = batch({ payload: 'x'.repeat(bytes) });
  const topics = [{ name: 't', partitions: [{ index: 0, records }] }];
  return request(produce, { transactionalId: null, acks: -1, timeoutMs: 60_000, topics });
}

function fetchOf(maxBytes: number, maxWaitMs: number, minBytes = 1): Buffer {
  const place = { index: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1 };
  const topics = [{ name: 't', topicId: uuid.zero, partitions: [{ ...place, maxBytes }] }];
  return request(fetch, { ...fetch.request.zero, maxWaitMs, minBytes, maxBytes, topics });
}

/** A connection that reads nothing before it is told to. */
async function connect({ ready }: BrokerProcess): Promise<net.Socket> {
  const socket = net.connect({ host: '127.0.0.1', port: ready.port });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket.pause();
}

/** Sends as much as is taken: until nothing has gone out for a second, or the connection is closed. Returns the bytes. */
async function stuff(socket: net.Socket, data: Buffer, atMost: number): Promise<number> {
  for (let sent = 0; sent < atMost && !socket.destroyed; sent += data.length) {
    if (socket.write(data)) continue;
    const drained = new Promise<'drained'>((resolve) => socket.once('drain', () => resolve('drained')));
    if ((await Promise.race([drained, after(1000)])) === undefined) break;
  }
  return socket.bytesWritten - socket.writableLength;
}

/** The most memory that the process ever had. */
function mostBytes({ ready }: BrokerProcess): number {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${ready.pid}/status`, 'utf8'));
  return Number(found?.[1]) * 1024;
}

/** Produces and reads back. */
async function isServed({ address }: BrokerProcess, retries = 0): Promise<void> {
  const client = { clientId: 'good', brokers: [address], logLevel: logLevel.NOTHING, requestTimeout: 100_000 };
  const kafka = new Kafka({ ...client, retry: { retries } });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'good', acks: -1, messages: [{ value: 'served' }] });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: `good-${performance.now()}`, sessionTimeout: 60_000 });
  await consumer.connect();
  await consumer.subscribe({ topic: 'good', fromBeginning: true });
  const value = await new Promise<string>((resolve) => {
    void consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) });
  });
  await consumer.disconnect();
  expect(value).toBe('served');
}

async function start(...flags: string[]): Promise<TestCluster> {
  const cluster = await TestCluster.start(1, ...flags);
  await createTopic(cluster.kafka(), 't', 1);
  await createTopic(cluster.kafka(), 'good', 1);
  return cluster;
}

test('150 connections that ask for much and read nothing take bounded memory, and others are served', async () => {
  await using cluster = await start('--connection-bytes', String(64 * mebi));
  const master = cluster.master(1);
  const filling = await connect(master);
  const splitter = new FrameSplitter(1000);
  let answers = 0;
  const filled = new Promise<void>((resolve) => {
    filling.on('data', (chunk) => {
      answers += splitter.push(chunk).length;
      if (answers === 32) resolve();
    });
  });
  for (let at = 0; at < 32; at++) filling.write(produceOf(mebi - 200));
  filling.resume();
  await filled;
  filling.destroy();
  await createTopic(cluster.kafka(), 'wide', 5000);
  const before = mostBytes(master);
  const everything = request(metadata, { ...metadata.request.zero, topics: null });
  const slow = await Promise.all(
    Array.from({ length: 150 }, async (_, at) => {
      const socket = await connect(master);
      const asked = at % 2 === 0 ? fetchOf(50 * mebi, 0) : everything;
      socket.write(Buffer.concat(Array<Buffer>(200).fill(asked)));
      return socket;
    }),
  );
  for (let round = 0; round < 2; round++) await isServed(master);
  expect(mostBytes(master) - before).toBeLessThan(400 * mebi);
  for (const socket of slow) socket.destroy();
  await isServed(master);
});

test('pipelined Produce while each sync takes long is bounded, and others are served afterwards', async () => {
  await using cluster = await start('--flush', 'sync');
  const master = cluster.master(1);
  const before = mostBytes(master);
  expect(await master.command({ id: 1, disk: { syncDelayMs: 5000 } })).toEqual({ id: 1, done: true });
  const sockets = await Promise.all(Array.from({ length: 4 }, () => connect(master)));
  const one = produceOf(500_000);
  const sent = await Promise.all(sockets.map((socket) => stuff(socket, one, 1024 * mebi)));
  expect(Math.max(...sent)).toBeLessThan(60 * mebi);
  expect(mostBytes(master) - before).toBeLessThan(400 * mebi);
  expect(await master.command({ id: 2, disk: null })).toEqual({ id: 2, done: true });
  for (const socket of sockets) socket.destroy();
  await isServed(master, 20);
});

test('200,000 pipelined ApiVersions behind a parked Fetch disturb nobody, and are answered in order', async () => {
  await using cluster = await start();
  const socket = await connect(cluster.master(1));
  socket.write(fetchOf(1000, 3000));
  const one = request(apiVersions, apiVersions.request.zero);
  const all = Buffer.alloc(200_000 * one.length, one);
  for (let id = 0; id < 200_000; id++) all.writeInt32BE(id, id * one.length + 8);
  socket.write(all);
  await isServed(cluster.master(1));
  const splitter = new FrameSplitter(mebi);
  let next = -1;
  const done = new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk) => {
      for (const answer of splitter.push(chunk)) {
        if (next >= 0 && answer.readInt32BE(0) !== next) reject(new Error(`${answer.readInt32BE(0)}, not ${next}`));
        next += 1;
      }
      if (next === 200_000) resolve();
    });
    socket.on('close', () => reject(new Error(`closed after ${next} answers`)));
  });
  socket.resume();
  await done;
  socket.destroy();
});

const withoutPrlimit = spawnSync('prlimit', ['--version']).error !== undefined;
const skip = withoutPrlimit && process.env.CI !== 'true';

test.skipIf(skip)(
  `a node that has no descriptor left says so, and goes on when there are some${skip ? ': skipped, there is no prlimit' : ''}`,
  async () => {
    expect(withoutPrlimit, 'prlimit must be installed in CI').toBe(false);
    await using cluster = await start();
    const master = cluster.master(1);
    spawnSync('prlimit', ['--pid', String(master.ready.pid), '--nofile=60']);
    const many = Array.from({ length: 120 }, () => net.connect({ host: '127.0.0.1', port: master.ready.port }));
    for (const socket of many) socket.on('error', () => {});
    while (!master.stderr.includes('cannot accept a connection')) await after(50);
    for (const socket of many) socket.destroy();
    await isServed(master, 20);
  },
);

/** Frames, stored messages and connections of the remoting protocol. */
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Connection, NoAnswer } from '../../../src/products/rocketmq/client/connection.ts';
import { encodeRequest, FrameReader } from '../../../src/products/rocketmq/client/frame.ts';
import { parseLenient } from '../../../src/products/rocketmq/client/lenient-json.ts';
import { uniqueKey } from '../../../src/products/rocketmq/client/producer.ts';
import { decodeRecords, encodeProperties } from '../../../src/products/rocketmq/client/records.ts';
import { record } from './support/record.ts';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => void server.close()));

async function serve(onSocket: (socket: Socket) => void): Promise<string> {
  const server = createServer(onSocket);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

test('frames come whole, however they are cut', () => {
  const frames = [1, 2, 3].map((opaque) =>
    encodeRequest(310, opaque, { a: 'x', n: 7, none: undefined }, Buffer.from([opaque])),
  );
  const bytes = Buffer.concat(frames);
  for (const step of [1, 3, 7, bytes.length]) {
    const reader = new FrameReader();
    const read = [];
    for (let at = 0; at < bytes.length; at += step) read.push(...reader.read(bytes.subarray(at, at + step)));
    expect(read.map(({ opaque, fields, body }) => [opaque, fields, [...body]])).toEqual(
      [1, 2, 3].map((opaque) => [opaque, { a: 'x', n: '7' }, [opaque]]),
    );
  }
});

test('what is no frame is an error, not a wait for gigabytes', () => {
  expect(() => [...new FrameReader().read(Buffer.from('HTTP/1.1 400 Bad Request'))]).toThrow(
    'none of the remoting protocol',
  );
});

describe('a connection', () => {
  test('nobody there: nothing was written', async () => {
    await expect(Connection.open('127.0.0.1:1', 1_000)).rejects.toMatchObject({
      reason: 'not-connected',
      written: false,
    });
  });

  test('cut after the request: nobody knows', async () => {
    const address = await serve((socket) => socket.once('data', () => socket.destroy()));
    const connection = await Connection.open(address, 1_000);
    await expect(connection.ask(310, {}, { deadlineMs: 5_000 })).rejects.toMatchObject({
      reason: 'connection-lost',
      written: true,
    });
    await expect(connection.ask(310, {}, { deadlineMs: 5_000 })).rejects.toMatchObject({
      reason: 'not-connected',
      written: false,
    });
  });

  test('silent: the deadline ends it, and a late answer is nobody’s', async () => {
    const address = await serve(() => {});
    const connection = await Connection.open(address, 1_000);
    await expect(connection.ask(310, {}, { deadlineMs: 20 })).rejects.toBeInstanceOf(NoAnswer);
    connection.end();
  });
});

describe('stored messages', () => {
  test('are read back, with either form of the topic’s length and of addresses', () => {
    const made = [
      record({ topic: 'orders', queue: 3, offset: 17, body: 'one', properties: { A: '1', B: 'x y' } }),
      record({ topic: 'o'.repeat(200), queue: 0, offset: 18, body: '', twoByteTopic: true, ipv6: true, reconsumed: 2 }),
    ];
    const [first, second] = decodeRecords(Buffer.concat(made));
    expect(first).toMatchObject({ topic: 'orders', queue: 3, offset: 17, reconsumed: 0, body: Buffer.from('one') });
    expect([...(first?.properties ?? [])]).toEqual([
      ['A', '1'],
      ['B', 'x y'],
    ]);
    expect(second).toMatchObject({ topic: 'o'.repeat(200), offset: 18, reconsumed: 2, body: Buffer.alloc(0) });
  });

  test('cut off: an error, not fewer messages', () => {
    const bytes = record({ topic: 't', queue: 0, offset: 0, body: 'body' });
    expect(() => decodeRecords(bytes.subarray(0, bytes.length - 1))).toThrow();
  });
});

test('what fastjson writes is read', () => {
  expect(parseLenient('{"brokerAddrs":{0:"a:1",1:"b:2"}}')).toEqual({ brokerAddrs: { 0: 'a:1', 1: 'b:2' } });
  expect(parseLenient('{"t":{{"queueId":0,"topic":"x"}:{"o":1}}}')).toEqual({
    t: { '{"queueId":0,"topic":"x"}': { o: 1 } },
  });
});

test('no key of a message is the beginning of another', () => {
  const keys = [1, 10, 16, 256].flatMap((seq) => [1, 2, 16].map((attempt) => uniqueKey('run', 1, seq, attempt)));
  for (const a of keys) for (const b of keys) if (a !== b) expect(a.startsWith(b)).toBe(false);
});

test('properties are written as brokers read them', () => {
  expect(encodeProperties({ A: '1', B: '2' })).toBe('A\u00011\u0002B\u00012\u0002');
});

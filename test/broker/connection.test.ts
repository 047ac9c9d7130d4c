import { beforeEach, describe, expect, test } from 'vitest';
import { serve } from '../../src/broker/rpc/connection.ts';
import { Memory } from '../../src/broker/rpc/memory.ts';
import { type Route, route, routesOf } from '../../src/broker/rpc/route.ts';
import type { Api, RequestOf } from '../../src/broker/wire/api.ts';
import { describeGroups, joinGroup } from '../../src/broker/wire/apis/groups.ts';
import { fetch, produce } from '../../src/broker/wire/apis/records.ts';
import { metadata } from '../../src/broker/wire/apis/topics.ts';
import { apiVersions } from '../../src/broker/wire/apis/versions.ts';
import { FrameSplitter, frame } from '../../src/broker/wire/frame.ts';
import { encodeRequest } from '../../src/broker/wire/message.ts';
import { uuid } from '../../src/broker/wire/types.ts';
import type { Stream } from '../../src/broker/world/world.ts';
import { settled } from './support/memory-world.ts';

/** A client's end, which sends only while the server reads, and reads only when told to. */
class Client implements Stream {
  readonly peer = '10.0.0.7';
  reads = true;
  paused = false;
  closed = false;
  sentBytes = 0;
  readonly answers: number[] = [];
  readonly #splitter = new FrameSplitter(1_000_000_000);
  #data: (chunk: Buffer) => void = () => {};
  #unread: (() => void) | undefined;

  receive(data: (chunk: Buffer) => void): void {
    this.#data = data;
  }

  /** Sends in chunks as a socket has them. False if the server did not take everything. */
  send(bytes: Buffer): boolean {
    for (let at = 0; at < bytes.length; at += 65_536) {
      if (this.paused || this.closed) return false;
      const chunk = bytes.subarray(at, at + 65_536);
      this.sentBytes += chunk.length;
      this.#data(chunk);
    }
    return !this.closed;
  }

  write(chunk: Buffer): void {
    for (const answer of this.#splitter.push(chunk)) this.answers.push(answer.readInt32BE(0));
  }

  congested(): Promise<void> | undefined {
    if (this.reads || this.closed || this.answers.length === 0) return undefined;
    return new Promise((resolve) => {
      this.#unread = resolve;
    });
  }

  read(): void {
    this.reads = true;
    this.#unread?.();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(): void {
    this.closed = true;
  }
}

let logs: string[];
let memory: Memory;
let held: (() => void)[];
let nowMs: number;
beforeEach(() => {
  logs = [];
  held = [];
  nowMs = 0;
  memory = new Memory(64_000_000, { nowMs: () => nowMs });
});

/** Answers when the test says so. */
function parked<Q, S>(api: Api<Q, S>, pipelined = false): Route {
  return route(api, () => new Promise<S>((resolve) => held.push(() => resolve(api.response.zero))), pipelined);
}

function connect(routes: readonly Route[], limitBytes = 100_000_000): Client {
  const client = new Client();
  const log = (line: string) => void logs.push(line);
  serve(client, { routes: routesOf(routes), limitBytes, memory, world: { log, notice: log } });
  return client;
}

function request<Q, S>(api: Api<Q, S>, body: Q, correlationId = 1, version = api.max): Buffer {
  return frame(encodeRequest(api, { version, correlationId, clientId: 'test' }, body));
}

const question = (id: number) => request(apiVersions, apiVersions.request.zero, id);
const produceOf = (bytes: number): RequestOf<typeof produce> => ({
  ...produce.request.zero,
  topics: [{ name: 't', partitions: [{ index: 0, records: Buffer.alloc(bytes) }] }],
});

describe('a connection reads no more than it can answer', () => {
  test('200,000 pipelined requests behind a parked Fetch wait in the socket, and are answered in order', async () => {
    const client = connect([parked(fetch)]);
    client.send(request(fetch, fetch.request.zero));
    const one = question(0);
    const all = Buffer.alloc(200_000 * one.length, one);
    for (let id = 0; id < 200_000; id++) all.writeInt32BE(id, id * one.length + 8);
    expect(client.send(all)).toBe(false);
    expect(client.sentBytes).toBeLessThan(150_000);
    let at = client.sentBytes - request(fetch, fetch.request.zero).length;
    held[0]?.();
    for (; at < all.length; await settled()) {
      const before = client.sentBytes;
      client.send(all.subarray(at, at + 65_536));
      at += client.sentBytes - before;
    }
    expect(client.answers.slice(1)).toEqual(Array.from({ length: 200_000 }, (_, id) => id));
    expect(memory.heldBytes).toBe(0);
  });

  test('pipelined Produce requests that wait for the disk are bounded in bytes and in number', async () => {
    const client = connect([parked(produce, true)]);
    while (client.send(request(produce, produceOf(1_000_000))));
    expect(client.sentBytes).toBeLessThan(20_000_000);
    expect(held.length).toBe(8);
    const small = connect([parked(produce, true)]);
    for (let sent = 0; sent < 2000 && small.send(request(produce, produceOf(10))); sent++);
    expect(small.paused).toBe(true);
    expect(held.length).toBe(8 + 256);
    for (let answered = 0; answered < held.length; answered++) held[answered]?.();
    await settled();
    expect([client.paused, small.paused]).toEqual([false, false]);
  });

  test('one that does not read its answers starts no more of them, and the others go on', async () => {
    const answer = { ...metadata.response.zero, clusterId: 'c'.repeat(30_000) };
    const slow = connect([route(metadata, () => answer)]);
    const good = connect([route(metadata, () => answer)]);
    slow.reads = false;
    while (slow.send(request(metadata, metadata.request.zero))) await settled();
    expect(slow.answers.length).toBe(1);
    good.send(request(metadata, metadata.request.zero));
    await settled();
    expect(good.answers.length).toBe(1);
    slow.read();
    await settled();
    expect(slow.answers.length).toBeGreaterThan(256);
    expect(memory.heldBytes).toBe(0);
  });

  test('what is held when a connection ends is let go of', async () => {
    const client = connect([parked(fetch)]);
    client.send(request(fetch, fetch.request.zero));
    client.send(question(1).subarray(0, 9));
    expect(memory.heldBytes).toBeGreaterThan(0);
    client.send(Buffer.alloc(60, 0xff));
    expect([client.closed, memory.heldBytes]).toEqual([true, 0]);
  });
});

describe('when the memory of the node is full', () => {
  test('each connection goes on with one request at a time', async () => {
    memory.hold(64_000_000);
    const client = connect([parked(produce, true)]);
    for (let id = 0; id < 3; id++) client.send(request(produce, produceOf(1000), id));
    expect(held.length).toBe(1);
    for (let answered = 0; answered < 3; answered++) {
      held[answered]?.();
      await settled();
      client.send(Buffer.alloc(0));
    }
    expect(client.answers.length).toBeGreaterThan(0);
  });

  test('a single request that does not fit is refused', () => {
    memory.hold(60_000_000);
    const client = connect([parked(produce, true)]);
    expect(client.send(request(produce, produceOf(20_000_000)))).toBe(false);
    expect(logs.join()).toContain('used up');
    expect(memory.heldBytes).toBe(60_000_000);
  });

  test('a peer that has not read for ten seconds is let go of, and not one that is a little slow', async () => {
    const answer = { ...metadata.response.zero, clusterId: 'c'.repeat(30_000) };
    const clients = [connect([route(metadata, () => answer)]), connect([route(metadata, () => answer)])];
    for (const [at, client] of clients.entries()) {
      nowMs = at * 9000;
      client.reads = false;
      client.send(request(metadata, metadata.request.zero));
      await settled();
    }
    nowMs = 11_000;
    memory.hold(64_000_000);
    expect(clients.map(({ closed }) => closed)).toEqual([true, false]);
    expect(logs.join()).toContain('not read');
    expect(memory.holdShare(1_000_000)).toBe(0);
    nowMs = 20_000;
    memory.release(24_000_000);
    expect(memory.holdShare(50_000_000)).toBe(6_000_000);
    expect(clients[1]?.closed).toBe(true);
  });

  test('answers get less, and leave something to the others', () => {
    const shares = Array.from({ length: 50 }, () => memory.holdShare(50_000_000));
    expect(shares[0]).toBe(16_000_000);
    expect(shares.at(-1)).toBeGreaterThan(0);
    expect(memory.heldBytes).toBeLessThan(64_000_000);
  });
});

describe('requests that name too much', () => {
  test('DescribeGroups with 10 million names is refused before they are read', async () => {
    const client = connect([parked(describeGroups)]);
    const names = Buffer.alloc(20_000_000);
    const head = encodeRequest(
      describeGroups,
      { version: 0, correlationId: 1, clientId: '' },
      { groups: [], includeOperations: false },
    );
    const body = Buffer.concat([head, names]);
    body.writeInt32BE(10_000_000, head.length - 4);
    client.send(frame(body));
    await settled();
    expect(client.closed).toBe(true);
    expect(logs.join()).toContain('too many elements');
  });

  test('50 million tagged fields are refused before they are read', async () => {
    const client = connect([parked(metadata)]);
    const head = encodeRequest(metadata, { version: 12, correlationId: 1, clientId: '' }, metadata.request.zero);
    const tags = Buffer.from([0xff, 0xff, 0xff, 0x7f]);
    client.send(frame(Buffer.concat([head.subarray(0, -1), tags, Buffer.alloc(1_000_000)])));
    await settled();
    expect(client.closed).toBe(true);
    expect(logs.join()).toContain('too many elements');
  });

  test('what is made of the elements of a request is held while it is in progress; when the memory is full, fewer may be', async () => {
    const topics = Array.from({ length: 20_000 }, () => ({ name: 't', topicId: uuid.zero, partitions: [] }));
    const many = request(fetch, { ...fetch.request.zero, topics });
    const client = connect([parked(fetch)]);
    client.send(many);
    expect(memory.heldBytes).toBeGreaterThan(5_000_000);
    held[0]?.();
    await settled();
    expect(memory.heldBytes).toBe(0);
    memory.hold(64_000_000);
    const late = connect([parked(fetch)]);
    late.send(many);
    await settled();
    expect([late.closed, held.length]).toEqual([true, 1]);
  });

  test('a string that is no UTF-8, or longer than Kafka allows, closes the connection', async () => {
    const group = (name: string) => ({ ...joinGroup.request.zero, groupId: name, protocolType: 'consumer' });
    const wild = connect([parked(joinGroup)]);
    const bytes = request(joinGroup, group('?'.repeat(100)), 1, 5);
    wild.send(Buffer.from(bytes.map((byte) => (byte === 0x3f ? 0xff : byte))));
    await settled();
    expect([wild.closed, logs.join()]).toEqual([true, expect.stringContaining('not UTF-8')]);
    const long = connect([parked(joinGroup)]);
    long.send(request(joinGroup, group('g'.repeat(40_000))));
    await settled();
    expect([long.closed, logs.join()]).toEqual([true, expect.stringContaining('string of 40000 bytes')]);
  });
});

describe('what is not served is told by name', () => {
  test('a version of an API, and who asks for it', async () => {
    const client = connect([parked(metadata)]);
    client.send(request({ ...metadata, flexibleFrom: 99 }, metadata.request.zero, 1, 77));
    await settled();
    expect(client.closed).toBe(true);
    expect(logs).toEqual([
      `client 'test' from 10.0.0.7 asks for Metadata version 77: served are versions ${metadata.min} to ${metadata.max}; closing its connection`,
    ]);
  });

  test('the secret of a cluster, by which its nodes are known, is not', async () => {
    const client = connect([parked(metadata)]);
    const header = { version: 77, correlationId: 1, clientId: 'ab'.repeat(32) };
    client.send(frame(encodeRequest({ ...metadata, flexibleFrom: 99 }, header, metadata.request.zero)));
    await settled();
    expect(logs.join()).toContain("client '(a node)' from 10.0.0.7");
  });

  test('an API that is not served at all', async () => {
    const client = connect([]);
    client.send(request({ ...metadata, key: 68, flexibleFrom: 99 }, metadata.request.zero, 1, 0));
    await settled();
    expect(logs.join()).toContain('asks for ConsumerGroupHeartbeat version 0: which is not served');
  });

  test.each([
    ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
  ])('%s on a plain port', (name, first) => {
    const client = connect([]);
    client.send(first);
    expect(client.closed).toBe(true);
    expect(logs.join()).toContain(`a client from 10.0.0.7 speaks ${name}, but this port is`);
  });
});

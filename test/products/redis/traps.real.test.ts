/** What ioredis does by itself, and that the driver does not have it: commands sent again, promises that never settle. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Channel } from '../../../src/products/channel.ts';
import { openLink, parseAddress } from '../../../src/products/redis/client/link.ts';
import { driver } from '../../../src/products/redis/driver.ts';
import { until } from '../../support/kafka.ts';
import { missingRedis, type RealRedis, startRedis } from '../../support/redis.ts';
import { message, seqOf } from '../kafka/client/messages.ts';

const missing = missingRedis();
const signal = AbortSignal.timeout(600_000);
let channels = 0;

if (missing !== undefined) test.skip(`needs redis-server: ${missing}`, () => {});

describe.skipIf(missing !== undefined)('a connection that is cut', () => {
  let redis: RealRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.[Symbol.asyncDispose]());

  const declare = async (): Promise<Channel> => {
    const channel: Channel = { name: `channel-${++channels}`, groups: ['g'], partitions: 1 };
    await using admin = await driver.admin(redis.access);
    await admin.declare(channel, signal);
    return channel;
  };
  const stored = async (channel: Channel): Promise<number[]> => {
    const seqs: number[] = [];
    await driver.read?.(redis.access, { channel, group: 'unused', signal }, ({ value }) => seqs.push(seqOf(value)));
    return seqs;
  };
  const through = ({ address }: Between) => ({ ...redis.access, bootstrap: [address], nodes: [] });

  test('ioredis as it comes sends again what was stored, and stores it twice', async () => {
    const channel = await declare();
    await using between = await startBetween(redis.addressOf('r1'));
    const client = new Redis({ ...parseAddress(between.address), protocol: 2 });
    client.on('error', () => {});
    await client.ping();
    between.swallow = true;
    const answer = client.xadd('channel-1-0', '*', 'm', message(1).value);
    await until('it is stored', 10_000, async () => (await stored(channel)).length === 1);
    between.swallow = false;
    between.cut();
    await answer;
    expect(await stored(channel)).toEqual([1, 1]);
    client.disconnect();
  });

  test('the driver does not: unknown, and stored once', async () => {
    const channel = await declare();
    await using between = await startBetween(redis.addressOf('r1'));
    await using producer = await driver.producer(through(between), {
      ...{ channel, acks: 'all', oneway: false, idempotent: false, timeoutMs: 5_000, signal },
    });
    expect(await producer.send(message(0))).toMatchObject({ outcome: 'acked' });
    between.swallow = true;
    const sending = producer.send(message(1));
    await until('it is stored', 10_000, async () => (await stored(channel)).length === 2);
    between.swallow = false;
    between.cut();
    expect(await sending).toEqual({ outcome: 'unknown', reason: 'no-answer' });
    expect(await producer.send(message(2))).toMatchObject({ outcome: 'acked' });
    expect(await stored(channel)).toEqual([0, 1, 2]);
  });

  test('no answer in time: unknown; nobody to connect to: rejected, and never there', async () => {
    const channel = await declare();
    await using between = await startBetween(redis.addressOf('r1'));
    await using producer = await driver.producer(through(between), {
      ...{ channel, acks: 'all', oneway: false, idempotent: false, timeoutMs: 300, signal },
    });
    expect(await producer.send(message(0))).toMatchObject({ outcome: 'acked' });
    between.swallow = true;
    expect(await producer.send(message(1))).toEqual({ outcome: 'unknown', reason: 'deadline' });
    between.swallow = false;
    between.refuse = true;
    between.cut();
    await until('it is noticed', 10_000, async () => {
      const result = await producer.send(message(2));
      return result.outcome === 'rejected' && result.reason === 'not-connected';
    });
    between.refuse = false;
    await until('it connects again', 10_000, async () => (await producer.send(message(3))).outcome === 'acked');
    const seqs = await stored(channel);
    expect(seqs).toEqual(expect.arrayContaining([0, 1, 3]));
    expect(seqs).not.toContain(2);
  });

  test('a read whose answer never comes ends with its deadline, and the connection with it', async () => {
    await using between = await startBetween(redis.addressOf('r1'));
    const link = await openLink(through(between), between.address);
    between.swallow = true;
    await expect(link.ask(['PING'], 300)).rejects.toThrow('no answer within 300 ms');
    expect(link.open).toBe(false);
    // what is called after the end settles, too
    await expect(link.ask(['PING'], 5_000)).rejects.toThrow();
  });

  test('a consumer outlasts a server that stands still, and a cut in the middle of a read', async () => {
    const channel = await declare();
    await using between = await startBetween(redis.addressOf('r1'));
    const seen = new Set<number>();
    const failures: Error[] = [];
    await using consumer = await driver.consumer(through(between), {
      ...{ channel, group: 'g', sessionTimeoutMs: 500, settleOnDelivery: false, signal },
    });
    await consumer.start({
      batch: async (batch) => {
        for (const { value } of batch.messages) seen.add(seqOf(value));
        await batch.settle(batch.messages);
      },
      ...{ assigned: () => {}, revoked: () => {}, failed: (error) => failures.push(error) },
    });
    await using producer = await driver.producer(redis.access, {
      ...{ channel, acks: 'all', oneway: false, idempotent: false, timeoutMs: 5_000, signal },
    });
    // given to the group, and the answer never comes: it is taken over once it has been idle for long enough
    between.swallow = true;
    expect(await producer.send(message(0))).toMatchObject({ outcome: 'acked' });
    await new Promise((wake) => setTimeout(wake, 500));
    between.cut();
    between.swallow = false;
    await until('it comes all the same', 20_000, () => seen.has(0));
    await redis.controls('r1').pause();
    await new Promise((wake) => setTimeout(wake, 4_000));
    await redis.controls('r1').resume();
    expect(await producer.send(message(1))).toMatchObject({ outcome: 'acked' });
    await until('the next one comes', 20_000, () => seen.has(1));
    expect(failures).toEqual([]);
  });
});

interface Between extends AsyncDisposable {
  readonly address: string;
  /** Answers go nowhere. */
  swallow: boolean;
  /** New connections are cut at once. */
  refuse: boolean;
  /** Cuts every connection that there is. */
  cut(): void;
}

async function startBetween(address: string): Promise<Between> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (between.refuse) {
      client.destroy();
      return;
    }
    const broker = connect(parseAddress(address));
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (bytes) => broker.write(bytes));
    broker.on('data', (bytes) => {
      if (!between.swallow) client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const between: Between = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    swallow: false,
    refuse: false,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      between.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return between;
}

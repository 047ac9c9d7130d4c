/** Traps of RocketMQ, each on real brokers: what would be taken for a loss, or for a proof, and is none. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Channel } from '../../../src/products/channel.ts';
import type { Driver, ProducerOptions } from '../../../src/products/driver.ts';
import type { Product } from '../../../src/products/product.ts';
import { askEnds, askGroupOffset, pull } from '../../../src/products/rocketmq/client/broker.ts';
import { Connections } from '../../../src/products/rocketmq/client/connections.ts';
import { acknowledge, pop } from '../../../src/products/rocketmq/client/pop.ts';
import { readLog } from '../../../src/products/rocketmq/client/reader.ts';
import { rocketmq } from '../../../src/products/rocketmq/product.ts';
import { noAbort } from '../../../src/wait.ts';
import { until } from '../../support/kafka.ts';
import { missingPrograms, type ProductCluster, startProduct } from '../../support/product-cluster.ts';
import { message, sendAll } from '../kafka/client/messages.ts';

const missing = await missingPrograms(rocketmq as unknown as Product);
const updateBrokerConfig = 25;

describe('a SYNC_MASTER and its slave', () => {
  if (missing !== undefined) {
    test.skip(`needs rocketmq: ${missing}`, () => {});
    return;
  }
  let cluster: ProductCluster;
  let driver: Driver;
  const connections = new Connections();
  beforeAll(async () => {
    driver = await rocketmq.driver();
    cluster = await startProduct(rocketmq as unknown as Product, { slaves: 1, replication: 'sync', inSyncReplicas: 2 });
  }, 360_000);
  afterAll(async () => {
    connections.close();
    await cluster?.[Symbol.asyncDispose]();
  }, 60_000);

  const addressOf = (id: string): string => cluster.access.nodes.find((node) => node.id === id)?.address ?? '';
  const declare = async (name: string): Promise<Channel> => {
    const channel = { name, groups: [`${name}-g1`], partitions: 2 };
    await using admin = await driver.admin(cluster.access);
    await admin.declare(channel, noAbort);
    return channel;
  };
  const send = async (channel: Channel, count: number, options: Partial<ProducerOptions> = {}) => {
    const defaults = {
      channel,
      acks: 'all',
      oneway: false,
      idempotent: false,
      timeoutMs: 20_000,
      signal: noAbort,
    } as const;
    await using producer = await driver.producer(cluster.access, { ...defaults, ...options });
    return await sendAll(
      producer,
      Array.from({ length: count }, (_, seq) => message(seq, { partition: seq % 2 })),
    );
  };
  const slaveLog = (topic: string) => ({
    ends: () => askEnds(connections, addressOf('b1s1'), topic, 0),
    pull: (offset: number) => pull(connections, addressOf('b1s1'), { group: 'audit', topic, queueId: 0, offset }),
  });

  test('a slave knows a new topic at once, not only after its first minute', async () => {
    const channel = await declare('at-once');
    for (const { outcome } of await send(channel, 20)) expect(outcome).toBe('acked');
    const found: number[] = [];
    await until('the slave shows them', 30_000, async () => {
      found.length = 0;
      const { complete } = await readLog(slaveLog(channel.name), noAbort, ({ offset }) => found.push(offset));
      return complete && found.length === 10;
    });
    expect(found).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('a slave that may not be read refuses: that is no loss', async () => {
    const channel = await declare('refused');
    await send(channel, 4);
    const set = (value: boolean) =>
      connections.demand(addressOf('b1s1'), updateBrokerConfig, {}, 'configure', {
        body: Buffer.from(`slaveReadEnable=${value}\n`),
      });
    await set(false);
    try {
      const result = await readLog(
        slaveLog(channel.name),
        noAbort,
        () => expect.unreachable('nothing can be read'),
        1_000,
      );
      expect(result).toMatchObject({ complete: false, reason: expect.stringContaining('REJECTREQUEST') });
    } finally {
      await set(true);
    }
  });

  test('the committed offset moves when messages are handed out, and proves nothing', async () => {
    const channel = await declare('moves');
    const group = channel.groups[0] as string;
    await send(channel, 20);
    const master = addressOf('b1');
    const request = { group, topic: channel.name, set: 'b1', invisibleMs: 60_000, waitMs: 500 };
    let held = 0;
    await until('all are handed out', 60_000, async () => {
      held += (await pop(connections, master, request)).length;
      return held === 20;
    });
    await until('the offset is at the end', 30_000, async () => {
      const at = { group, topic: channel.name };
      return (
        (await askGroupOffset(connections, master, { ...at, queueId: 0 })) === 10 &&
        (await askGroupOffset(connections, master, { ...at, queueId: 1 })) === 10
      );
    });
    await using admin = await driver.admin(cluster.access);
    await new Promise((wake) => setTimeout(wake, 1_500));
    for (let i = 0; i < 2; i += 1) {
      const answer = await admin.drained(channel.name, group, noAbort);
      expect(answer).toEqual({ proven: false, left: 20, proof: 'b1: 0 not handed out, 20 handed out and not settled' });
    }
  });

  test('an acknowledgement after the invisible time is confirmed, and the message comes again', async () => {
    const channel = await declare('late');
    const group = channel.groups[0] as string;
    await send(channel, 1);
    const request = { group, topic: channel.name, set: 'b1', invisibleMs: 2_000, waitMs: 500 };
    const popOne = async () => {
      let [first] = await pop(connections, addressOf('b1'), request);
      await until('it comes', 60_000, async () => {
        if (first === undefined) [first] = await pop(connections, addressOf('b1'), request);
        return first !== undefined;
      });
      return first as NonNullable<typeof first>;
    };
    const popped = await popOne();
    await new Promise((wake) => setTimeout(wake, 8_000));
    await acknowledge(connections, addressOf('b1'), group, popped);
    const again = await popOne();
    expect(again.retry).toBe(true);
    expect(again.record.reconsumed).toBeGreaterThan(0);
    expect(again.record.body).toEqual(popped.record.body);
  });

  test('without its slave it answers FLUSH_SLAVE_TIMEOUT: stored, not protected', async () => {
    const channel = await declare('degraded');
    await cluster.controls('b1s1').pause?.();
    try {
      for (const result of await send(channel, 2)) {
        expect(result).toMatchObject({ outcome: 'degraded', reason: 'FLUSH_SLAVE_TIMEOUT', position: 0 });
      }
      await using admin = await driver.admin(cluster.access);
      // a slave that stands still answers nothing: nobody can say what it lacks
      await expect(admin.lagging(channel.name, noAbort)).rejects.toThrow();
    } finally {
      await cluster.controls('b1s1').resume?.();
    }
    const found: unknown[] = [];
    const reads = await driver.read?.(cluster.access, { channel, group: 'audit', signal: noAbort }, (one) =>
      found.push(one),
    );
    expect(reads?.every(({ complete }) => complete)).toBe(true);
    expect(found).toHaveLength(2);
  });
});

/** The vendor's client for Node, through a real proxy: what it sends is stored, what its consumers settle is settled. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Channel } from '../../../src/products/channel.ts';
import type { BrokerAccess, Driver, SendResult } from '../../../src/products/driver.ts';
import type { Product } from '../../../src/products/product.ts';
import { rocketmq } from '../../../src/products/rocketmq/product.ts';
import { noAbort } from '../../../src/wait.ts';
import { until } from '../../support/kafka.ts';
import { missingPrograms, type ProductCluster, startProduct } from '../../support/product-cluster.ts';
import { message, sendAll, seqOf } from '../kafka/client/messages.ts';

const missing = await missingPrograms(rocketmq as unknown as Product);
const minuteMs = 60_000;

describe('through a proxy', () => {
  if (missing !== undefined) {
    test.skip(`needs rocketmq: ${missing}`, () => {});
    return;
  }
  let cluster: ProductCluster;
  let driver: Driver;
  beforeAll(async () => {
    driver = await rocketmq.driver();
    cluster = await startProduct(rocketmq as unknown as Product, {
      client: 'rocketmq-client-nodejs',
      consumer: 'simple',
    });
  }, 6 * minuteMs);
  afterAll(() => cluster?.[Symbol.asyncDispose](), minuteMs);

  const declare = async (name: string): Promise<Channel> => {
    const channel = { name, groups: [`${name}-g1`], partitions: 2 };
    await using admin = await driver.admin(cluster.access);
    await admin.declare(channel, noAbort);
    return channel;
  };
  const producerOf = (channel: Channel) =>
    driver.producer(cluster.access, {
      ...{ channel, acks: 'all', oneway: false, idempotent: false, timeoutMs: 5_000, signal: noAbort },
    });
  const storedIn = async (channel: Channel): Promise<number[]> => {
    const found: number[] = [];
    const options = { channel, group: 'reader', signal: noAbort };
    const reads = await driver.read?.(cluster.access, options, ({ value }) => found.push(seqOf(value)));
    expect(reads?.map(({ complete }) => complete)).toEqual([true, true]);
    return found.sort((a, b) => a - b);
  };
  const all = (count: number) => Array.from({ length: count }, (_, seq) => seq);

  test.each(['simple', 'push'])(
    '%s: everything is acknowledged, given, settled and stored once',
    async (consumer) => {
      const channel = await declare(`proxy-${consumer}`);
      const access: BrokerAccess = { ...cluster.access, cluster: { ...cluster.access.cluster, consumer } as never };
      await using producer = await producerOf(channel);
      expect(producer.placedByBroker).toBe(true);
      const seen = new Set<number>();
      await using client = await driver.consumer(access, {
        ...{ channel, group: `${channel.name}-g1`, sessionTimeoutMs: 10_000, settleOnDelivery: false, signal: noAbort },
      });
      const started = client.start({
        batch: async (batch) => {
          for (const { value } of batch.messages) seen.add(seqOf(value));
          await batch.settle(batch.messages);
        },
        ...{ assigned: () => {}, revoked: () => {} },
        failed: (error) => {
          throw error;
        },
      });
      const results = await sendAll(
        producer,
        all(60).map((seq) => message(seq)),
      );
      expect(results).toEqual(all(60).map((): SendResult => ({ outcome: 'acked' })));
      await started;
      await until('all came', minuteMs, () => seen.size === 60);
      await using admin = await driver.admin(access);
      await until(
        'drained',
        2 * minuteMs,
        async () => (await admin.drained(channel.name, `${channel.name}-g1`, noAbort)).proven,
      );
      expect(await storedIn(channel)).toEqual(all(60));
    },
    6 * minuteMs,
  );

  test(
    'a proxy that is killed and comes back: nothing rejected is stored, nothing acknowledged is missing',
    async () => {
      const channel = await declare('proxy-killed');
      await using producer = await producerOf(channel);
      const outcomes = new Map<number, SendResult>();
      let seq = 0;
      const send = async (): Promise<SendResult> => {
        const sent = message(seq++);
        const result = await producer.send(sent);
        outcomes.set(sent.seq, result);
        return result;
      };
      expect(await send()).toEqual({ outcome: 'acked' });
      const inFlight = Promise.all(all(20).map(send));
      await cluster.controls('proxy').kill?.();
      await inFlight;
      await until('it is known to be away', minuteMs, async () => (await send()).outcome === 'rejected');
      await cluster.controls('proxy').start?.();
      await until('it takes messages again', minuteMs, async () => (await send()).outcome === 'acked');
      const stored = await storedIn(channel);
      const of = (outcome: string) =>
        [...outcomes].flatMap(([each, result]) => (result.outcome === outcome ? [each] : []));
      expect(stored).toEqual(expect.arrayContaining(of('acked')));
      expect(stored.filter((each) => of('rejected').includes(each))).toEqual([]);
    },
    6 * minuteMs,
  );
});

/** What every product promises through its driver, on brokers that are started for it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { markedProcesses } from '../../../src/cluster/undo/undo.ts';
import type { Channel } from '../../../src/products/channel.ts';
import type {
  BrokerAccess,
  ConsumerHandlers,
  ConsumerOptions,
  Driver,
  IncomingMessage,
  ProducerOptions,
} from '../../../src/products/driver.ts';
import { products } from '../../../src/products/registry.ts';
import { until } from '../../support/kafka.ts';
import { processesIn } from '../../support/processes.ts';
import { missingPrograms, type ProductCluster, startProduct } from '../../support/product-cluster.ts';
import { message, sendAll, seqOf } from '../kafka/client/messages.ts';

const signal = AbortSignal.timeout(900_000);
/** Products without a layout yet are only attached to. */
const managed = await Promise.all(
  products
    .filter(({ layout }) => layout !== undefined)
    .map(async (product) => ({ product, name: product.name, missing: await missingPrograms(product) })),
);
let channels = 0;

describe.each(managed)('$name', ({ product, missing }) => {
  if (missing !== undefined) {
    test.skip(`needs ${product.name}: ${missing}`, () => {});
    return;
  }
  const { can } = product;
  let cluster: ProductCluster;
  let driver: Driver;
  let access: BrokerAccess;
  beforeAll(async () => {
    driver = await product.driver();
    cluster = await startProduct(product);
    access = cluster.access;
  }, 120_000);
  afterAll(() => cluster?.[Symbol.asyncDispose](), 60_000);

  const partitions = can.partitions === undefined ? undefined : Math.min(2, can.partitions.most);
  const declare = async (more: Partial<Channel> = {}): Promise<Channel> => {
    const name = `conformance-${++channels}`;
    const channel: Channel = {
      ...{ name, groups: [`${name}-g1`] },
      ...(partitions === undefined ? {} : { partitions }),
      ...more,
    };
    await using admin = await driver.admin(access);
    await admin.declare(channel, signal);
    return channel;
  };
  const groupOf = ({ groups }: Channel): string => groups[0] as string;
  const producerOf = (channel: Channel, options: Partial<ProducerOptions> = {}) => {
    const defaults = { channel, acks: 'all', oneway: false, idempotent: false, timeoutMs: 10_000, signal } as const;
    return driver.producer(access, { ...defaults, ...options });
  };
  const consumerOf = (channel: Channel, options: Partial<ConsumerOptions> = {}) => {
    const group = groupOf(channel);
    return driver.consumer(access, {
      ...{ channel, group, sessionTimeoutMs: 6_000, settleOnDelivery: false, signal },
      ...options,
    });
  };
  const of = (seq: number) => {
    const { partition: _, ...rest } = message(seq, { partition: partitions === undefined ? 0 : seq % partitions });
    return partitions === undefined ? rest : { ...rest, partition: seq % partitions };
  };
  const some = (count: number, from = 0) => Array.from({ length: count }, (_, index) => of(from + index));
  const read = async (channel: Channel): Promise<IncomingMessage[]> => {
    const found: IncomingMessage[] = [];
    const reads = await driver.read?.(access, { channel, group: 'reader', signal }, (one) => found.push(one));
    expect(reads?.map(({ complete, reason }) => [complete, reason])).toEqual(
      Array.from({ length: partitions ?? 1 }, () => [true, undefined]),
    );
    return found;
  };

  test('every process of its nodes keeps the mark by which it is found after a crash of the tool', () => {
    const found = processesIn(cluster.folder);
    expect(found.length).toBeGreaterThanOrEqual(access.nodes.length);
    const marked = new Set(markedProcesses(cluster.folder));
    expect(found.filter((pid) => !marked.has(pid))).toEqual([]);
  });

  test('what is acknowledged is stored, where its position says', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel);
    const results = await sendAll(producer, some(200));
    for (const result of results) expect(result.outcome).toBe('acked');
    if (driver.read === undefined) return;
    const stored = new Map((await read(channel)).map((one) => [seqOf(one.value), one]));
    expect(stored.size).toBe(200);
    for (const [seq, result] of results.entries()) {
      if (result.outcome !== 'acked' || result.position === undefined) continue;
      expect(stored.get(seq)).toMatchObject({ partition: result.partition, position: result.position });
    }
  });

  test('a group is given everything once, settles it, and is proven drained; the next member is given nothing', async () => {
    const channel = await declare();
    const seen: number[] = [];
    await using admin = await driver.admin(access);
    {
      await using producer = await producerOf(channel);
      await using consumer = await consumerOf(channel);
      await consumer.start(
        handlers({
          batch: async (batch) => {
            seen.push(...batch.messages.map(({ value }) => seqOf(value)));
            await batch.settle(batch.messages);
          },
        }),
      );
      await sendAll(producer, some(500));
      await until('all came', 60_000, () => new Set(seen).size === 500);
      await until('drained', 60_000, async () => (await admin.drained(channel.name, groupOf(channel), signal)).proven);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, seq) => seq));
    const again: number[] = [];
    await using next = await consumerOf(channel);
    await next.start(
      handlers({
        batch: async (batch) => {
          again.push(...batch.messages.map(({ value }) => seqOf(value)));
          await batch.settle(batch.messages);
        },
      }),
    );
    await using producer = await producerOf(channel);
    await sendAll(producer, [of(1_000)]);
    await until('the last message came', 60_000, () => again.includes(1_000));
    expect(again).toEqual([1_000]);
  });

  test('what is not settled is no proof of a drain', async () => {
    const channel = await declare();
    await using admin = await driver.admin(access);
    await using producer = await producerOf(channel);
    await sendAll(producer, some(10));
    expect(await admin.drained(channel.name, groupOf(channel), signal)).toMatchObject({ proven: false });
    const held: number[] = [];
    await using consumer = await consumerOf(channel);
    const free = withResolvers();
    await consumer.start(
      handlers({
        batch: async (batch) => {
          held.push(...batch.messages.map(({ value }) => seqOf(value)));
          await free.promise;
          await batch.settle(batch.messages);
        },
      }),
    );
    await until('something is in hand', 60_000, () => held.length > 0);
    const { proven, left } = await admin.drained(channel.name, groupOf(channel), signal);
    expect([proven, left]).toEqual([false, expect.any(Number)]);
    expect(left).toBeGreaterThan(0);
    free.resolve();
    await until('drained', 60_000, async () => (await admin.drained(channel.name, groupOf(channel), signal)).proven);
    expect(await admin.drained(channel.name, groupOf(channel), signal)).toMatchObject({ proven: true, left: 0 });
  });

  test('a batch whose handler throws comes again', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel);
    await sendAll(producer, [of(0)]);
    let tries = 0;
    await using consumer = await consumerOf(channel);
    await consumer.start(
      handlers({
        batch: async (batch) => {
          tries += 1;
          if (tries < 3) throw new Error('processing fails');
          await batch.settle(batch.messages);
        },
      }),
    );
    await until('the third try', 60_000, () => tries === 3);
  });

  test.skipIf(can.redelivery !== 'broker')(
    'a message that is given back comes again by itself, and after its last try is a dead letter',
    async () => {
      const channel = await declare({ redelivery: { attempts: 2, delayMs: 1_000, deadLetter: true } });
      await using producer = await producerOf(channel);
      await sendAll(producer, some(6));
      const tries = new Map<number, number[]>();
      {
        await using consumer = await consumerOf(channel);
        await consumer.start(
          handlers({
            batch: async (batch) => {
              for (const one of batch.messages) {
                const seq = seqOf(one.value);
                tries.set(seq, [...(tries.get(seq) ?? []), one.attempt]);
              }
              const bad = batch.messages.filter(({ value }) => seqOf(value) === 3);
              const good = batch.messages.filter((one) => !bad.includes(one));
              if (good.length > 0) await batch.settle(good);
              if (bad.length > 0) await batch.giveBack(bad, 1_000);
            },
          }),
        );
        await using admin = await driver.admin(access);
        await until('three tries', 120_000, () => tries.get(3)?.length === 3);
        await until(
          'drained',
          120_000,
          async () => (await admin.drained(channel.name, groupOf(channel), signal)).proven,
        );
      }
      expect([...tries.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5]);
      expect(tries.get(3)).toEqual([1, 2, 3]);
      for (const seq of [0, 1, 2, 4, 5]) expect([seq, tries.get(seq)]).toEqual([seq, [1]]);
      const dead: number[] = [];
      const options = { channel, group: groupOf(channel), signal };
      const reads = await driver.readDeadLetters?.(access, options, ({ value }) => dead.push(seqOf(value)));
      expect(dead).toEqual([3]);
      expect(reads?.every(({ complete }) => complete)).toBe(true);
    },
  );

  const onlyTry = { attempts: 0, delayMs: 1_000, deadLetter: false };
  test.each([
    ...(can.redelivery === 'broker'
      ? [{ what: 'one try is all', channel: { redelivery: onlyTry }, consumer: {} }]
      : []),
    { what: 'settled by its delivery', channel: {}, consumer: { settleOnDelivery: true } },
  ])(
    'nothing is delivered to a consumer that ends and seen by nobody: $what',
    async ({ channel: more, consumer: how }) => {
      const channel = await declare(more);
      await using producer = await producerOf(channel);
      await sendAll(producer, some(400));
      const seen = new Set<number>();
      const stop = new AbortController();
      const slowly = handlers({
        batch: async (batch) => {
          for (const { value } of batch.messages) seen.add(seqOf(value));
          if (how.settleOnDelivery) await batch.settle(batch.messages);
          for (const _ of batch.messages) await new Promise((resolve) => setTimeout(resolve, 2));
          if (seen.size >= 40) stop.abort();
          if (!how.settleOnDelivery) await batch.settle(batch.messages);
        },
      });
      {
        await using first = await consumerOf(channel, { ...how, signal: stop.signal });
        await first.start(slowly);
        await until('it was told to end', 60_000, () => stop.signal.aborted);
      }
      await using admin = await driver.admin(access);
      await using next = await consumerOf(channel, how);
      await next.start(slowly);
      await until('drained', 60_000, async () => (await admin.drained(channel.name, groupOf(channel), signal)).proven);
      await next[Symbol.asyncDispose]();
      expect(seen.size).toBe(400);
    },
  );

  test.skipIf(!can.oneway)('oneway: sent, and stored while nothing is wrong', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel, { oneway: true });
    const results = await sendAll(producer, some(50));
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['sent']));
    const seen = new Set<number>();
    await using consumer = await consumerOf(channel);
    await consumer.start(
      handlers({
        batch: async (batch) => {
          for (const { value } of batch.messages) seen.add(seqOf(value));
          await batch.settle(batch.messages);
        },
      }),
    );
    await until('all came', 60_000, () => seen.size === 50);
  });

  test('what is there already is never touched; what is not there is removed without an error', async () => {
    const channel = await declare();
    await using admin = await driver.admin(access);
    await expect(admin.declare(channel, signal)).rejects.toMatchObject({ code: 'channel-exists', exitCode: 4 });
    expect(await admin.version(signal)).toMatch(/\d/);
    await until('no copy lags', 60_000, async () => (await admin.lagging(channel.name, signal)).length === 0);
    const leaders = await admin.leaders(channel.name, signal);
    if (can.leaders) expect(leaders.map(({ partition }) => partition)).toEqual([...Array(partitions ?? 0).keys()]);
    for (const { address } of leaders) expect(access.bootstrap).toContain(address);
    await admin.removeGroups(channel.groups, signal);
    await admin.remove(channel.name, signal);
    await admin.remove(channel.name, signal);
    await admin.removeGroups(['a-group-that-nobody-made'], signal);
  });

  test('kill -9 of every broker: producers and consumers outlast it, nothing acknowledged is missing', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel, { timeoutMs: 2_000 });
    const received = new Set<number>();
    const failures: Error[] = [];
    await using consumer = await consumerOf(channel);
    await consumer.start(
      handlers({
        batch: async (batch) => {
          for (const { value } of batch.messages) received.add(seqOf(value));
          await batch.settle(batch.messages).catch(() => undefined);
        },
        failed: (error) => failures.push(error),
      }),
    );
    const outcomes = new Map<number, string>();
    const count = (outcome: string): number => [...outcomes.values()].filter((each) => each === outcome).length;
    let seq = 0;
    let sending = true;
    const sender = async (): Promise<void> => {
      while (sending) {
        const mine = seq++;
        const { outcome } = await producer.send(of(mine));
        outcomes.set(mine, outcome);
        if (outcome !== 'acked') await new Promise((wake) => setTimeout(wake, 20));
      }
    };
    const senders = Promise.all(Array.from({ length: 16 }, sender));
    await until('sends work', 60_000, () => count('acked') > 300);
    for (const id of cluster.brokers) await cluster.controls(id).kill?.();
    for (const started of cluster.brokers.map((id) => cluster.controls(id).start?.())) await started;
    const before = count('acked');
    await until('sends work again', 120_000, () => count('acked') > before + 300);
    sending = false;
    await senders;
    const rejected = [...outcomes].filter(([, outcome]) => outcome === 'rejected').map(([one]) => one);
    const acked = [...outcomes].filter(([, outcome]) => outcome === 'acked').map(([one]) => one);
    await until('the group has all that was acknowledged', 180_000, () => acked.every((one) => received.has(one)));
    await using admin = await driver.admin(access);
    await until('drained', 180_000, async () => (await admin.drained(channel.name, groupOf(channel), signal)).proven);
    // Proof is proof: what was rejected is not there.
    expect(rejected.filter((one) => received.has(one))).toEqual([]);
    if (driver.read !== undefined) {
      const stored = new Set((await read(channel)).map(({ value }) => seqOf(value)));
      expect(acked.filter((one) => !stored.has(one))).toEqual([]);
      expect(rejected.filter((one) => stored.has(one))).toEqual([]);
    }
    expect(failures).toEqual([]);
  });
});

describe('an address where nobody listens', () => {
  test.each(products)('$name: exit 4, with the address', async (product) => {
    const driver = await product.driver();
    const attach = ['127.0.0.1:1'];
    const cluster = { broker: product.name, attach };
    const refused = driver.admin({ bootstrap: attach, nodes: [], cluster, clientId: 'mqchaos-test' });
    await expect(refused).rejects.toMatchObject({
      code: 'broker-unreachable',
      exitCode: 4,
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });
});

function handlers(given: Partial<ConsumerHandlers>): ConsumerHandlers {
  return { batch: async () => {}, assigned: () => {}, revoked: () => {}, failed: () => {}, ...given };
}

/** Promise.withResolvers, which Node has from 22 on. */
function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

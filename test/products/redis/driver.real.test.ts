/** The driver against a real server: channels, groups, redelivery, dead letters, drain, and what a kill does. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Channel } from '../../../src/products/channel.ts';
import type {
  Batch,
  ConsumerHandlers,
  ConsumerOptions,
  IncomingMessage,
  ProducerOptions,
} from '../../../src/products/driver.ts';
import { Servers } from '../../../src/products/redis/client/servers.ts';
import { driver } from '../../../src/products/redis/driver.ts';
import { until } from '../../support/kafka.ts';
import { missingRedis, type RealRedis, startRedis } from '../../support/redis.ts';
import { message, sendAll, seqOf } from '../kafka/client/messages.ts';

const missing = missingRedis();
const signal = AbortSignal.timeout(600_000);
let channels = 0;

if (missing !== undefined) test.skip(`needs redis-server: ${missing}`, () => {});

describe.skipIf(missing !== undefined)('redis', () => {
  let redis: RealRedis;
  beforeAll(async () => {
    redis = await startRedis({ fsync: 'always' });
  });
  afterAll(() => redis?.[Symbol.asyncDispose]());

  const declare = async (more: Partial<Channel> = {}): Promise<Channel> => {
    const name = `channel-${++channels}`;
    const channel: Channel = { name, groups: [`${name}-g`], partitions: 1, ...more };
    await using admin = await driver.admin(redis.access);
    await admin.declare(channel, signal);
    return channel;
  };
  const producerOf = (channel: Channel, more: Partial<ProducerOptions> = {}) =>
    driver.producer(redis.access, {
      channel,
      acks: 'all',
      oneway: false,
      idempotent: false,
      timeoutMs: 5_000,
      signal,
      ...more,
    });
  const consumerOf = (channel: Channel, more: Partial<ConsumerOptions> = {}) => {
    const group = channel.groups[0] ?? '';
    return driver.consumer(redis.access, {
      channel,
      group,
      sessionTimeoutMs: 1_000,
      settleOnDelivery: false,
      signal,
      ...more,
    });
  };
  const readAll = async (channel: Channel) => {
    const messages: IncomingMessage[] = [];
    const partitions = await driver.read?.(redis.access, { channel, group: 'unused', signal }, (one) =>
      messages.push(one),
    );
    return { messages, partitions: partitions ?? [] };
  };
  const drained = async (channel: Channel) => {
    await using admin = await driver.admin(redis.access);
    return await admin.drained(channel.name, channel.groups[0] ?? '', signal);
  };

  test('a channel is made once, with its groups, and is removed by its name', async () => {
    const channel = await declare({ partitions: 3 });
    await using admin = await driver.admin(redis.access);
    await expect(admin.declare(channel, signal)).rejects.toMatchObject({ code: 'channel-exists', exitCode: 4 });
    expect(await admin.leaders(channel.name, signal)).toEqual(
      [0, 1, 2].map((partition) => ({ partition, address: redis.addressOf('r1') })),
    );
    expect(await admin.version(signal)).toMatch(/^(Redis|Valkey) \d+\.\d+/);
    expect(await drained(channel)).toMatchObject({ proven: true });
    await admin.remove(channel.name, signal);
    await admin.remove(channel.name, signal);
    await admin.removeGroups([...channel.groups, 'nobody'], signal);
    expect(await admin.leaders(channel.name, signal)).toEqual([]);
    expect(await drained(channel)).toMatchObject({ proven: false });
  });

  test('a name with the signs of a pattern removes nothing else', async () => {
    const odd = await declare({ name: 'odd[1-9]*' });
    const other = await declare({ name: 'odd7x' });
    await using admin = await driver.admin(redis.access);
    await admin.remove(odd.name, signal);
    expect(await admin.leaders(odd.name, signal)).toEqual([]);
    expect(await admin.leaders(other.name, signal)).toHaveLength(1);
  });

  test('positions of sender, consumer and reader are the same, and keep the order', async () => {
    const channel = await declare({ partitions: 2 });
    await using producer = await producerOf(channel);
    const results = await sendAll(
      producer,
      Array.from({ length: 2_000 }, (_, seq) => message(seq, { partition: seq % 2 })),
    );
    const sent = results.map((result) => (result.outcome === 'acked' ? result.position : undefined));
    expect(sent.every((position) => Number.isInteger(position) && (position ?? 0) < 2 ** 48 - 1)).toBe(true);
    const { messages, partitions } = await readAll(channel);
    expect(partitions).toMatchObject([
      { partition: 0, from: 0, complete: true },
      { partition: 1, from: 0, complete: true },
    ]);
    for (const { value, position } of messages) expect(position).toBe(sent[seqOf(value)]);
    for (const { partition, to } of partitions) {
      const positions = messages.filter((one) => one.partition === partition).map(({ position }) => position ?? 0);
      expect(positions).toEqual([...positions].sort((a, b) => a - b));
      expect(new Set(positions).size).toBe(1_000);
      expect(to).toBe((positions.at(-1) ?? 0) + 1);
    }
    expect(producer.routes()).toEqual([redis.addressOf('r1'), redis.addressOf('r1')]);
  });

  test('two consumers share a group, everything comes once, and the group is proven drained', async () => {
    const channel = await declare({ partitions: 2 });
    const seen: number[] = [];
    const take = handlers({
      batch: async (batch) => {
        for (const { value, redelivered, attempt } of batch.messages) {
          expect({ redelivered, attempt }).toEqual({ redelivered: false, attempt: 1 });
          seen.push(seqOf(value));
        }
        await batch.heartbeat();
        await batch.settle(batch.messages);
      },
    });
    await using first = await consumerOf(channel);
    await using second = await consumerOf(channel);
    await Promise.all([first.start(take), second.start(take)]);
    await using producer = await producerOf(channel);
    await sendAll(
      producer,
      Array.from({ length: 1_000 }, (_, seq) => message(seq, { partition: seq % 2 })),
    );
    await until('drained', 20_000, async () => (await drained(channel)).proven);
    expect(await drained(channel)).toEqual({
      proven: true,
      left: 0,
      proof: 'nothing pending, delivered = end in 2 of 2 partitions',
    });
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, seq) => seq));
  });

  test('what is given back comes again after its time, the rest does not; what is pending is not drained', async () => {
    const channel = await declare({ redelivery: { attempts: 5, delayMs: 700, deadLetter: true } });
    await using producer = await producerOf(channel);
    await sendAll(producer, [message(0), message(1), message(2)]);
    const tries: { seq: number; attempt: number; redelivered: boolean; atMs: number }[] = [];
    await using consumer = await consumerOf(channel);
    await consumer.start(
      handlers({
        batch: async (batch) => {
          for (const { value, attempt, redelivered } of batch.messages) {
            tries.push({ seq: seqOf(value), attempt, redelivered, atMs: performance.now() });
          }
          const bad = batch.messages.filter(({ value, attempt }) => seqOf(value) === 1 && attempt < 3);
          await batch.settle(batch.messages.filter((one) => !bad.includes(one)));
          await batch.giveBack(bad, 700);
        },
      }),
    );
    await until('it is given back', 10_000, () => tries.length === 3);
    expect(await drained(channel)).toMatchObject({ proven: false, proof: 'partition 0: 1 pending' });
    await until('drained', 20_000, async () => (await drained(channel)).proven);
    expect(tries.filter(({ seq }) => seq !== 1)).toHaveLength(2);
    const again = tries.filter(({ seq }) => seq === 1);
    expect(again.map(({ attempt, redelivered }) => ({ attempt, redelivered }))).toEqual([
      { attempt: 1, redelivered: false },
      { attempt: 2, redelivered: true },
      { attempt: 3, redelivered: true },
    ]);
    for (const [index, { atMs }] of again.slice(1).entries())
      expect(atMs - (again[index]?.atMs ?? 0)).toBeGreaterThanOrEqual(699);
  });

  test.each([true, false])(
    'after the last try it is a dead letter once, or dropped (deadLetter: %s)',
    async (deadLetter) => {
      const channel = await declare({ partitions: 2, redelivery: { attempts: 2, delayMs: 50, deadLetter } });
      const group = channel.groups[0] ?? '';
      await using producer = await producerOf(channel);
      const [, sent] = await sendAll(producer, [message(0), message(1, { partition: 1 }), message(2)]);
      const attempts: number[] = [];
      await using consumer = await consumerOf(channel);
      await consumer.start(
        handlers({
          batch: async (batch) => {
            const bad = batch.messages.filter(({ value }) => seqOf(value) === 1);
            attempts.push(...bad.map(({ attempt }) => attempt));
            await batch.settle(batch.messages.filter((one) => !bad.includes(one)));
            await batch.giveBack(bad, 50);
          },
        }),
      );
      await until('drained', 20_000, async () => attempts.length === 3 && (await drained(channel)).proven);
      expect(attempts).toEqual([1, 2, 3]);
      const dead: IncomingMessage[] = [];
      const reads = await driver.readDeadLetters?.(redis.access, { channel, group, signal }, (one) => dead.push(one));
      expect(reads).toMatchObject([{ complete: true }]);
      expect(
        dead.map(({ value, partition, position, attempt }) => ({ seq: seqOf(value), partition, position, attempt })),
      ).toEqual(
        deadLetter && sent?.outcome === 'acked' ? [{ seq: 1, partition: 1, position: sent.position, attempt: 3 }] : [],
      );
      await using admin = await driver.admin(redis.access);
      await admin.removeGroups(channel.groups, signal);
      const left: IncomingMessage[] = [];
      await driver.readDeadLetters?.(redis.access, { channel, group, signal }, (one) => left.push(one));
      expect(left).toEqual([]);
    },
  );

  test('a handler that throws gets its messages again, less and less often; another consumer takes over the dead', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel);
    await sendAll(producer, [message(0)]);
    const attempts: number[] = [];
    {
      await using consumer = await consumerOf(channel);
      await consumer.start(
        handlers({
          batch: async ({ messages }) => {
            attempts.push(...messages.map(({ attempt }) => attempt));
            throw new Error('processing fails');
          },
        }),
      );
      await until('it is tried again', 20_000, () => attempts.length === 3);
    }
    expect(attempts).toEqual([1, 2, 3]);
    await using next = await consumerOf(channel);
    const taken: number[] = [];
    await next.start(
      handlers({
        batch: async (batch) => {
          taken.push(...batch.messages.map(({ attempt }) => attempt));
          await batch.settle(batch.messages);
        },
      }),
    );
    await until('drained', 20_000, async () => (await drained(channel)).proven);
    expect(taken).toEqual([4]);
  });

  test('a heartbeat keeps what is in hand, however long that takes', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel);
    await sendAll(producer, [message(0)]);
    let deliveries = 0;
    const slow = handlers({
      batch: async (batch) => {
        deliveries += 1;
        for (let i = 0; i < 20; i += 1) {
          await new Promise((wake) => setTimeout(wake, 100));
          await batch.heartbeat();
        }
        await batch.settle(batch.messages);
      },
    });
    await using first = await consumerOf(channel);
    await using second = await consumerOf(channel);
    await Promise.all([first.start(slow), second.start(slow)]);
    await until('drained', 20_000, async () => (await drained(channel)).proven);
    expect(deliveries).toBe(1);
  });

  test('what somebody else has taken over is not settled by whoever had it', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel);
    await sendAll(producer, [message(0)]);
    let held: Batch | undefined;
    await using slow = await consumerOf(channel);
    await slow.start(
      handlers({
        batch: async (batch) => {
          held ??= batch;
          await new Promise((wake) => setTimeout(wake, 4_000));
        },
      }),
    );
    await until('it is in hand', 10_000, () => held !== undefined);
    await using other = await consumerOf(channel);
    await other.start(handlers({ batch: (batch) => batch.settle(batch.messages) }));
    await until('drained', 20_000, async () => (await drained(channel)).proven);
    await expect(held?.settle(held.messages)).rejects.toThrow('only 0 of 1');
  });

  test('settled before it is processed: it does not come again, whatever becomes of it', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel);
    await sendAll(
      producer,
      Array.from({ length: 100 }, (_, seq) => message(seq)),
    );
    const seen: number[] = [];
    await using consumer = await consumerOf(channel, { settleOnDelivery: true });
    await consumer.start(
      handlers({
        batch: async (batch) => {
          await batch.settle(batch.messages);
          seen.push(...batch.messages.map(({ value }) => seqOf(value)));
          throw new Error('it is settled all the same');
        },
      }),
    );
    await until('all came', 20_000, () => seen.length === 100);
    expect(await drained(channel)).toMatchObject({ proven: true });
  });

  test('oneway: sent, and there', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel, { oneway: true });
    const results = await sendAll(
      producer,
      Array.from({ length: 500 }, (_, seq) => message(seq)),
    );
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['sent']));
    await until('all are there', 10_000, async () => (await readAll(channel)).messages.length === 500);
  });

  test('kill -9 and back: everybody outlasts it, and with fsync always nothing acknowledged is missing', async () => {
    const channel = await declare({ partitions: 2 });
    const received = new Set<number>();
    const failures: Error[] = [];
    await using consumer = await consumerOf(channel);
    await consumer.start(
      handlers({
        batch: async (batch) => {
          for (const { value } of batch.messages) received.add(seqOf(value));
          await batch.settle(batch.messages);
        },
        failed: (error) => failures.push(error),
      }),
    );
    await using producer = await producerOf(channel, { timeoutMs: 2_000 });
    const outcomes = new Map<number, string>();
    let seq = 0;
    let sending = true;
    const sender = async (): Promise<void> => {
      while (sending) {
        const mine = seq++;
        const { outcome } = await producer.send(message(mine, { partition: mine % 2 }));
        outcomes.set(mine, outcome);
        if (outcome !== 'acked') await new Promise((wake) => setTimeout(wake, 20));
      }
    };
    const senders = Promise.all(Array.from({ length: 16 }, sender));
    const acked = () => [...outcomes].filter(([, outcome]) => outcome === 'acked').map(([one]) => one);
    await until('sends work', 20_000, () => outcomes.size > 500);
    await redis.controls('r1').kill();
    await until('sends fail', 20_000, () => [...outcomes.values()].includes('rejected'));
    await redis.controls('r1').start();
    const before = acked().length;
    await until('sends work again', 30_000, () => acked().length > before + 500);
    sending = false;
    await senders;
    const { messages, partitions } = await readAll(channel);
    expect(partitions.every(({ complete }) => complete)).toBe(true);
    const stored = new Set(messages.map(({ value }) => seqOf(value)));
    expect(acked().filter((one) => !stored.has(one))).toEqual([]);
    const rejected = [...outcomes].filter(([, outcome]) => outcome === 'rejected').map(([one]) => one);
    expect(rejected.filter((one) => stored.has(one))).toEqual([]);
    await until('drained', 30_000, async () => (await drained(channel)).proven);
    expect([...stored].filter((one) => !received.has(one))).toEqual([]);
    expect(failures).toEqual([]);
  });

  test('a login: with the password it works, without it exit 4 and what to do', async () => {
    using servers = new Servers(redis.access);
    const address = redis.addressOf('r1');
    await servers.ask(address, ['CONFIG', 'SET', 'requirepass', 'secret'], 5_000);
    const login = { username: 'default', password: 'secret' };
    const secured = { ...redis.access, login };
    try {
      {
        await using admin = await driver.admin(secured);
        expect(await admin.version(signal)).toMatch(/\d/);
      }
      for (const refused of [redis.access, { ...secured, login: { ...login, password: 'wrong' } }]) {
        await expect(driver.admin(refused)).rejects.toMatchObject({
          code: 'broker-unreachable',
          exitCode: 4,
          hint: expect.stringContaining('cluster.login'),
        });
      }
      const channel = { name: 'secured', groups: ['g'], partitions: 1 };
      const refused = await driver.consumer(redis.access, {
        ...{ channel, group: 'g', sessionTimeoutMs: 1_000, settleOnDelivery: false, signal },
      });
      await expect(refused.start(handlers({}))).rejects.toMatchObject({ code: 'group-refused', exitCode: 4 });
      await refused[Symbol.asyncDispose]();
    } finally {
      using again = new Servers(secured);
      await again.ask(address, ['CONFIG', 'SET', 'requirepass', ''], 5_000);
    }
  });

  test('an address where nobody listens: exit 4, with the address', async () => {
    const refused = driver.admin({ ...redis.access, bootstrap: ['127.0.0.1:1'], nodes: [] });
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

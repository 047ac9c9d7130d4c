/** What every driver of the Kafka protocol must do, on each broker that it is for. */
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BrokerAccess, ConsumerHandlers, IncomingMessage, ProducerOptions } from '../../../src/products/driver.ts';
import { accessTo, channelOf } from '../../support/access.ts';
import { until } from '../../support/kafka.ts';
import { message, sendAll, seqOf } from '../kafka/client/messages.ts';
import { type Running, subjects } from './subjects.ts';

const signal = AbortSignal.timeout(300_000);
let topics = 0;

describe.each(subjects)('$driver.name', ({ driver, missing, start }) => {
  if (missing !== undefined) {
    test.skip(`needs ${driver.name}: ${missing}`, () => {});
    return;
  }

  let running: Running;
  beforeAll(async () => {
    running = await start();
  });
  afterAll(() => running?.[Symbol.asyncDispose]());

  const newTopic = async (partitions = 4): Promise<string> => {
    const topic = `conformance-${++topics}`;
    await using admin = await driver.admin(running.access);
    await admin.declare(channelOf(topic, partitions), signal);
    return topic;
  };
  const producerOf = (topic: string, options: Partial<ProducerOptions> = {}) => {
    const defaults = {
      channel: channelOf(topic),
      acks: 'all',
      oneway: false,
      idempotent: false,
      timeoutMs: 5_000,
      signal,
    } as const;
    return driver.producer(running.access, { ...defaults, ...options });
  };
  const consumerOf = (topic: string, group: string) =>
    driver.consumer(running.access, {
      ...{ channel: channelOf(topic), group, sessionTimeoutMs: 3_000, settleOnDelivery: false, signal },
    });
  const readAll = async (topic: string) => {
    const messages: IncomingMessage[] = [];
    const read = driver.read;
    if (read === undefined) throw new Error('the driver has no reader');
    const partitions = await read(running.access, { channel: channelOf(topic), group: 'reader', signal }, (one) =>
      messages.push(one),
    );
    return { messages, partitions };
  };
  const messagesFor = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => message(from + index, { partition: index % 4 }));

  test.each([
    { acks: 'all', idempotent: false },
    { acks: 'one', idempotent: false },
    { acks: 'all', idempotent: true },
  ] as const)(
    'acks $acks, idempotent $idempotent: the position that was acknowledged is where the reader finds it',
    async (options) => {
      const topic = await newTopic();
      await using producer = await producerOf(topic, options);
      const sent = messagesFor(400);
      const results = await sendAll(producer, sent);
      const { messages, partitions } = await readAll(topic);
      expect(partitions).toEqual([0, 1, 2, 3].map((partition) => ({ partition, from: 0, to: 100, complete: true })));
      const stored = new Map(messages.map((one) => [seqOf(one.value), one]));
      for (const [seq, result] of results.entries()) {
        expect(result).toMatchObject({ outcome: 'acked', partition: seq % 4 });
        expect(stored.get(seq)).toMatchObject({
          partition: seq % 4,
          position: result.outcome === 'acked' ? result.position : -1,
        });
        expect(stored.get(seq)?.value.equals(sent[seq]!.value)).toBe(true);
      }
      expect(messages.every(({ epoch }) => epoch !== undefined && epoch >= 0)).toBe(true);
      expect(producer.routes()).toHaveLength(4);
      for (const address of producer.routes()) expect(running.access.bootstrap).toContain(address);
    },
  );

  test('oneway: sent, and stored while nothing is wrong', async () => {
    const topic = await newTopic();
    await using producer = await producerOf(topic, { oneway: true });
    const results = await sendAll(producer, messagesFor(200));
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['sent']));
    await until('all are stored', 20_000, async () => (await readAll(topic)).messages.length === 200);
  });

  test('a topic that exists is never touched; leaders and version are told', async () => {
    const topic = await newTopic();
    await using admin = await driver.admin(running.access);
    await expect(admin.declare(channelOf(topic, 1), signal)).rejects.toMatchObject({
      code: 'channel-exists',
      exitCode: 4,
    });
    const leaders = await admin.leaders(topic, signal);
    expect(leaders.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
    for (const { address } of leaders) expect(running.access.bootstrap).toContain(address);
    expect(await admin.version(signal)).toContain('Kafka protocol');
    await admin.remove(topic, signal);
    await admin.remove(topic, signal);
    await admin.removeGroups(['a-group-that-nobody-made'], signal);
  });

  test('a group reads everything, commits it, and is proven drained', async () => {
    const topic = await newTopic();
    const group = `${topic}-group`;
    await using producer = await producerOf(topic);
    await sendAll(producer, messagesFor(1_000));
    await using admin = await driver.admin(running.access);
    const seen: number[] = [];
    const assigned: number[] = [];
    {
      await using consumer = await consumerOf(topic, group);
      await consumer.start(
        handlers({
          batch: async (batch) => {
            for (const one of batch.messages) {
              expect(one).toMatchObject({ partition: batch.partition, redelivered: false, attempt: 1 });
              seen.push(seqOf(one.value));
            }
            await batch.settle(batch.messages);
          },
          assigned: (partitions) => assigned.push(...partitions),
        }),
      );
      expect(assigned).toEqual([0, 1, 2, 3]);
      await until('drained', 30_000, async () => (await admin.drained(topic, group, signal)).proven);
      expect(await admin.drained(topic, group, signal)).toEqual({
        proven: true,
        left: 0,
        proof: 'committed = end in 4 of 4 partitions',
      });
      await sendAll(producer, [message(5_000)]);
    }
    expect(new Set(seen.filter((seq) => seq < 5_000)).size).toBe(1_000);
    await using next = await consumerOf(topic, group);
    const again: number[] = [];
    await next.start(
      handlers({ batch: async (batch) => void again.push(...batch.messages.map(({ value }) => seqOf(value))) }),
    );
    await until('the last message arrives', 20_000, () => again.includes(5_000) || seen.includes(5_000));
    // What was committed is not read again.
    expect(again.filter((seq) => seq < 5_000)).toEqual([]);
    if (again.includes(5_000)) {
      expect(await admin.drained(topic, group, signal)).toMatchObject({
        proven: false,
        proof: 'partition 0: 250 of 251',
        left: 1,
      });
    }
  });

  test('what was committed beyond the end of a log proves nothing until the group has moved', async () => {
    const topic = await newTopic(1);
    const group = `${topic}-group`;
    await using producer = await producerOf(topic);
    await sendAll(producer, [message(0), message(1), message(2)]);
    await using admin = await driver.admin(running.access);
    await commitAt(running.access, group, topic, 500);
    expect(await admin.drained(topic, group, signal)).toEqual({
      proven: false,
      proof: 'partition 0: committed 500, but the log ends at 3',
      left: 0,
    });
    await commitAt(running.access, group, topic, 3);
    expect(await admin.drained(topic, group, signal)).toMatchObject({ proven: true });
  });

  test('a wait that is aborted throws an error that says so', async () => {
    const stop = new AbortController();
    stop.abort('limit');
    await using admin = await driver.admin(running.access);
    const refused = admin.declare(channelOf('never-made', 1), stop.signal);
    await expect(refused).rejects.toMatchObject({ name: 'AbortedError', message: 'aborted: limit' });
    await expect(admin.remove('never-made', stop.signal)).rejects.toMatchObject({ message: 'aborted: limit' });
  });

  // The bundled broker takes the settings and has no use for them: it keeps everything.
  const retention = async (): Promise<void> => {
    const topic = await newTopic(1);
    const admin = plain(running.access).admin();
    await admin.connect();
    try {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
      });
      const configs = new Map(
        resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
      );
      expect(configs.get('retention.ms')).toBe('-1');
      expect(configs.get('retention.bytes')).toBe('-1');
      expect(configs.get('cleanup.policy')).toBe('delete');
    } finally {
      await admin.disconnect();
    }
  };
  if (driver.name === 'kafka') test('no retention takes messages of a topic that was made', retention);

  test('a handler that throws gets its batch again, and other partitions go on', async () => {
    const topic = await newTopic();
    await using producer = await producerOf(topic);
    await sendAll(producer, messagesFor(40));
    const tries = new Map<number, number>();
    const revoked: number[] = [];
    await using consumer = await consumerOf(topic, `${topic}-group`);
    await consumer.start(
      handlers({
        batch: async (batch) => {
          const { partition = -1 } = batch;
          tries.set(partition, (tries.get(partition) ?? 0) + 1);
          if (batch.partition === 0 && (tries.get(0) ?? 0) < 3) throw new Error('processing fails');
          await batch.settle(batch.messages);
        },
        revoked: (partitions) => revoked.push(...partitions),
      }),
    );
    await until('partition 0 is through', 20_000, () => tries.get(0) === 3 && tries.size === 4);
    expect(revoked).toEqual([]);
  });

  test('what was acknowledged of a batch does not come again when the rest is given back', async () => {
    const topic = await newTopic(1);
    await using producer = await producerOf(topic);
    for (let seq = 0; seq < 10; seq += 1) await sendAll(producer, [message(seq)]); // in this order
    const taken: number[] = [];
    const group = `${topic}-group`;
    await using consumer = await consumerOf(topic, group);
    await consumer.start(
      handlers({
        batch: async (batch) => {
          const some = batch.messages.slice(0, 3);
          taken.push(...some.map(({ value }) => seqOf(value)));
          await batch.settle(some);
          if (some.length < batch.messages.length) throw new Error('the rest later');
        },
      }),
    );
    await until('all came', 20_000, () => taken.length >= 10);
    expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await using admin = await driver.admin(running.access);
    expect(await admin.drained(topic, group, signal)).toMatchObject({ proven: true });
  });

  test('a handler that keeps failing gets its batch again less and less often', async () => {
    const topic = await newTopic(1);
    await using producer = await producerOf(topic);
    await sendAll(producer, [message(0)]);
    let tries = 0;
    const group = `${topic}-group`;
    await using consumer = await consumerOf(topic, group);
    await consumer.start(
      handlers({
        batch: async () => {
          tries += 1;
          throw new Error('processing fails');
        },
      }),
    );
    await until('it is tried again and again', 20_000, () => tries >= 3);
    await new Promise((wake) => setTimeout(wake, 3_000));
    // Every 100 ms it would be about 30 times.
    expect(tries).toBeLessThan(15);
  });

  test('a second member takes partitions over, and gives them back when it leaves', async () => {
    const topic = await newTopic();
    const group = `${topic}-group`;

    const held: [Set<number>, Set<number>] = [new Set(), new Set()];
    const holding = (index: 0 | 1) =>
      handlers({
        batch: (batch) => batch.settle(batch.messages),
        assigned: (partitions) => {
          for (const partition of partitions) held[index].add(partition);
        },
        revoked: (partitions) => {
          for (const partition of partitions) held[index].delete(partition);
        },
      });
    await using first = await consumerOf(topic, group);
    await first.start(holding(0));
    {
      await using second = await consumerOf(topic, group);
      await second.start(holding(1));
      await until('two partitions each', 30_000, () => held[0].size === 2 && held[1].size === 2);
      expect([...held[0], ...held[1]].sort()).toEqual([0, 1, 2, 3]);
    }
    expect(held[1].size).toBe(0);
    await until('all four again', 30_000, () => held[0].size === 4);
  });

  test('kill -9 of the broker: producer and consumer outlast it, nothing acknowledged is missing', async () => {
    const topic = await newTopic();
    const group = `${topic}-group`;
    await using producer = await producerOf(topic, { timeoutMs: 2_000 });
    const received = new Set<number>();
    const failures: Error[] = [];
    await using consumer = await consumerOf(topic, group);
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
    let seq = 0;
    let sending = true;
    const sender = async (): Promise<void> => {
      while (sending) {
        const mine = seq++;
        const { outcome } = await producer.send(message(mine, { partition: mine % 4 }));
        outcomes.set(mine, outcome);
        if (outcome !== 'acked') await new Promise((wake) => setTimeout(wake, 20));
      }
    };
    const senders = Promise.all(Array.from({ length: 16 }, sender));
    await until('sends work', 20_000, () => outcomes.size > 500);
    await running.restart();
    const before = [...outcomes.values()].filter((outcome) => outcome === 'acked').length;
    await until('sends work again on all partitions', 30_000, async () => {
      return [...outcomes.values()].filter((outcome) => outcome === 'acked').length > before + 500;
    });
    sending = false;
    await senders;
    const acked = [...outcomes].filter(([, outcome]) => outcome === 'acked').map(([one]) => one);
    expect([...outcomes.values()].filter((outcome) => outcome !== 'acked').length).toBeGreaterThan(0);
    const { messages, partitions } = await readAll(topic);
    expect(partitions.every(({ complete }) => complete)).toBe(true);
    const stored = new Set(messages.map(({ value }) => seqOf(value)));
    expect(acked.filter((one) => !stored.has(one))).toEqual([]);
    // Proof is proof: what was rejected is not there.
    const rejected = [...outcomes].filter(([, outcome]) => outcome === 'rejected').map(([one]) => one);
    expect(rejected.filter((one) => stored.has(one))).toEqual([]);
    await until('the group has read all that is stored', 60_000, () => [...stored].every((one) => received.has(one)));
    await using admin = await driver.admin(running.access);
    await until('drained', 30_000, async () => (await admin.drained(topic, group, signal)).proven);
    expect(failures).toEqual([]);
  });
});

describe('an address where nobody listens', () => {
  test.each(subjects)('$driver.name: exit 4, with the address', async ({ driver }) => {
    const refused = driver.admin(accessTo(['127.0.0.1:1']));
    await expect(refused).rejects.toMatchObject({
      code: 'broker-unreachable',
      exitCode: 4,
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });
});

function plain({ bootstrap }: BrokerAccess): Kafka {
  return new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING });
}

async function commitAt(access: BrokerAccess, groupId: string, topic: string, offset: number): Promise<void> {
  const admin = plain(access).admin();
  await admin.connect();
  try {
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: String(offset) }] });
  } finally {
    await admin.disconnect();
  }
}

function handlers(given: Partial<ConsumerHandlers>): ConsumerHandlers {
  return { batch: async () => {}, assigned: () => {}, revoked: () => {}, failed: () => {}, ...given };
}

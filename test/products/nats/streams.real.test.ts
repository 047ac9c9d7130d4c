/** What the driver does with streams, on one server that is killed, emptied and started again. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareVersions, findPrograms } from '../../../src/cluster/programs.ts';
import type { Channel } from '../../../src/products/channel.ts';
import type { ConsumerHandlers, IncomingMessage, ProducerOptions } from '../../../src/products/driver.ts';
import { driver } from '../../../src/products/nats/driver.ts';
import { nats } from '../../../src/products/nats/product.ts';
import { until } from '../../support/kafka.ts';
import { missingPrograms, type ProductCluster, startProduct } from '../../support/product-cluster.ts';
import { message, sendAll, seqOf } from '../kafka/client/messages.ts';

const signal = AbortSignal.timeout(600_000);
const missing = await missingPrograms(nats);

describe.skipIf(missing !== undefined)(`one server${missing === undefined ? '' : `: needs nats: ${missing}`}`, () => {
  let cluster: ProductCluster;
  let channels = 0;
  beforeAll(async () => {
    cluster = await startProduct(nats, { ackWait: '1s' });
  }, 120_000);
  afterAll(() => cluster?.[Symbol.asyncDispose](), 60_000);

  const declare = async (more: Partial<Channel> = {}): Promise<Channel> => {
    const name = `streams-${++channels}`;
    const channel: Channel = { name, groups: [`${name}-g1`], partitions: 1, ...more };
    await using admin = await driver.admin(cluster.access);
    await admin.declare(channel, signal);
    return channel;
  };
  const producerOf = (channel: Channel, more: Partial<ProducerOptions> = {}) =>
    driver.producer(cluster.access, {
      ...{ channel, acks: 'all', oneway: false, idempotent: false, timeoutMs: 5_000, signal },
      ...more,
    });
  const consumerOf = (channel: Channel) =>
    driver.consumer(cluster.access, {
      ...{ channel, group: channel.groups[0] as string, sessionTimeoutMs: 3_000, settleOnDelivery: false, signal },
    });
  const read = async (channel: Channel): Promise<number[]> => {
    const stored: number[] = [];
    const reads = await driver.read?.(cluster.access, { channel, group: 'reader', signal }, ({ value }) => {
      stored.push(seqOf(value));
    });
    expect(reads?.every(({ complete }) => complete)).toBe(true);
    return stored;
  };

  test('a message that is sent again under its id is acknowledged where it was stored first', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel, { idempotent: true });
    const first = await producer.send(message(1));
    await producer.send(message(2));
    expect(await producer.send(message(1, { attempt: 2 }))).toEqual(first);
    expect(first).toMatchObject({ outcome: 'acked', position: 1 });
    expect(await read(channel)).toEqual([1, 2]);
  });

  test('a message that is too large never leaves', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel);
    const outcome = { outcome: 'rejected', reason: 'too-large-not-written' };
    expect(await producer.send(message(1, { bytes: 2 * 1024 * 1024 }))).toEqual(outcome);
    expect(await producer.send(message(2))).toMatchObject({ outcome: 'acked' });
    expect(await read(channel)).toEqual([2]);
  });

  test('what was delivered too often while nobody listened for it is a dead letter all the same', async () => {
    const channel = await declare({ redelivery: { attempts: 1, delayMs: 0, deadLetter: true } });
    const other = { ...channel, groups: [`${channel.name}-other`] };
    await using producer = await producerOf(channel);
    await sendAll(
      producer,
      [0, 1, 2, 3].map((seq) => message(seq)),
    );
    const tries: number[] = [];
    {
      await using consumer = await consumerOf(channel);
      await consumer.start(
        handlers(async (batch) => {
          const bad = batch.messages.filter(({ value }) => seqOf(value) % 2 === 1);
          tries.push(...bad.map(({ value }) => seqOf(value)));
          await batch.settle(batch.messages.filter((one) => !bad.includes(one)));
          await batch.giveBack(bad, 0);
        }),
      );
      await using admin = await driver.admin(cluster.access);
      const [group] = channel.groups as [string];
      await until('drained', 60_000, async () => (await admin.drained(channel.name, group, signal)).proven);
    }
    await cluster.controls('n1').kill?.();
    await cluster.controls('n1').start?.();
    expect(tries.sort()).toEqual([1, 1, 3, 3]);
    const dead = async ({ groups }: Channel): Promise<IncomingMessage[]> => {
      const found: IncomingMessage[] = [];
      const options = { channel, group: groups[0] as string, signal };
      const reads = await driver.readDeadLetters?.(cluster.access, options, (one) => found.push(one));
      expect(reads?.every(({ complete }) => complete)).toBe(true);
      return found;
    };
    const found = await dead(channel);
    expect(found.map(({ value, position, attempt }) => [seqOf(value), position, attempt])).toEqual([
      [1, 2, 2],
      [3, 4, 2],
    ]);
    expect(await dead(other)).toEqual([]);
  });

  test('a message that nobody settles comes again when its time is over, and says so', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel);
    await producer.send(message(1));
    const seen: IncomingMessage[] = [];
    await using first = await consumerOf(channel);
    let free: (() => void) | undefined;
    void first.start(
      handlers(() => {
        return new Promise((resolve) => {
          free = resolve; // it holds the message for as long as the test lasts
        });
      }),
    );
    using _ = { [Symbol.dispose]: () => free?.() };
    await until('it is held', 30_000, () => free !== undefined);
    await using second = await consumerOf(channel);
    await second.start(
      handlers(async (batch) => {
        seen.push(...batch.messages);
        await batch.settle(batch.messages);
      }),
    );
    await until('it came again', 30_000, () => seen.length > 0);
    // the second try may have been for the first one, whose pull is open for a moment
    expect(seen).toEqual([expect.objectContaining({ redelivered: true, position: 1 })]);
    expect(seen[0]?.attempt).toBeGreaterThan(1);
  });

  test('a server that is killed delivers again what it has confirmed to be settled, if not each time', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel);
    const [count, kills] = [4_000, 10];
    await sendAll(
      producer,
      Array.from({ length: count }, (_, seq) => message(seq)),
    );
    const settled = new Set<number>();
    let again = 0;
    for (let kill = 1; kill <= kills && again === 0; kill += 1) {
      let enough = false;
      await using consumer = await consumerOf(channel);
      await consumer.start(
        handlers(async (batch) => {
          again += batch.messages.filter(({ value }) => settled.has(seqOf(value))).length;
          if (enough) throw new Error('given back: the server is being killed');
          for (const one of batch.messages) {
            await batch.settle([one]); // one by one, so that the last was confirmed just now
            settled.add(seqOf(one.value));
          }
          enough = settled.size >= (kill * count) / kills / 2;
        }),
      );
      await until('enough is settled', 60_000, () => enough);
      await cluster.controls('n1').kill?.();
      await cluster.controls('n1').start?.();
    }
    expect(again).toBeGreaterThan(0);
  });

  test('a channel that went with the disk is made again by whoever uses it, and the reader shows what is gone', async () => {
    const channel = await declare();
    await using producer = await producerOf(channel, { timeoutMs: 1_000 });
    await sendAll(
      producer,
      [0, 1, 2].map((seq) => message(seq)),
    );
    expect(await read(channel)).toEqual([0, 1, 2]);
    await cluster.controls('n1').wipe?.();
    await cluster.controls('n1').start?.();
    await until('a send works', 60_000, async () => (await producer.send(message(3))).outcome === 'acked');
    expect(await read(channel)).toEqual([3]);
    const seen: number[] = [];
    await using consumer = await consumerOf(channel);
    await consumer.start(
      handlers(async (batch) => {
        seen.push(...batch.messages.map(({ value }) => seqOf(value)));
        await batch.settle(batch.messages);
      }),
    );
    await until('it is delivered', 30_000, () => seen.length > 0);
    expect(seen).toEqual([3]);
  });

  test('a server that does not know syncInterval is refused by name, before anything starts', async () => {
    const { syncInterval: _, ...plan } = nats.format.compile(nats.format.profile.parse({ broker: 'nats' }) as never);
    const needs = nats.programs?.({ ...plan, syncInterval: 'always' }) ?? [];
    const installed = await findPrograms(nats.programs?.(plan) ?? []).then(() => installedVersion());
    if (compareVersions(installed, '2.10.0') >= 0) return;
    await expect(findPrograms(needs)).rejects.toMatchObject({
      ...{ code: 'program-too-old', exitCode: 4, hint: expect.stringContaining('cluster.syncInterval') },
    });
  });

  async function installedVersion(): Promise<string> {
    await using admin = await driver.admin(cluster.access);
    return /\d+\.\d+\.\d+/.exec(await admin.version(signal))?.[0] ?? '';
  }
});

function handlers(batch: ConsumerHandlers['batch']): ConsumerHandlers {
  const failed = (error: Error): void => {
    throw error;
  };
  return { batch, assigned: () => {}, revoked: () => {}, failed };
}

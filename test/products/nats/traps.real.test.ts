/** What the client and the server do that once gave, or would give, a wrong verdict; and that the driver does not. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Channel } from '../../../src/products/channel.ts';
import type { ConsumerHandlers } from '../../../src/products/driver.ts';
import { driver } from '../../../src/products/nats/driver.ts';
import { nats } from '../../../src/products/nats/product.ts';
import { until } from '../../support/kafka.ts';
import { missingPrograms, type ProductCluster, startProduct } from '../../support/product-cluster.ts';
import { message, seqOf } from '../kafka/client/messages.ts';

const signal = AbortSignal.timeout(600_000);
const missing = await missingPrograms(nats);

describe.skipIf(missing !== undefined)(
  `three servers${missing === undefined ? '' : `: needs nats: ${missing}`}`,
  () => {
    let cluster: ProductCluster;
    let channels = 0;
    beforeAll(async () => {
      cluster = await startProduct(nats, { nodes: 3 });
    }, 120_000);
    afterAll(() => cluster?.[Symbol.asyncDispose](), 60_000);

    const declare = async (more: Partial<Channel> = {}): Promise<Channel> => {
      const name = `traps-${++channels}`;
      const channel: Channel = { name, groups: [`${name}-g1`, `${name}-g2`], partitions: 1, ...more };
      await using admin = await driver.admin(cluster.access);
      await admin.declare(channel, signal);
      return channel;
    };
    const nodeAt = (address: string | undefined): string => {
      const node = cluster.access.nodes.find((each) => each.address === address);
      if (node === undefined) throw new Error(`nobody is at ${address}`);
      return node.id;
    };

    test('a server serves again although its /healthz never says so: a consumer that nobody used yet is not current for ever', async () => {
      await declare();
      await cluster.controls('n2').kill?.();
      const evidence = await cluster.controls('n2').start?.();
      expect(evidence).toMatchObject({ healthz: expect.stringMatching(/^ok$|consumer .* is not current/) });
    });

    test('when all have gone, the first to come back is not waited for until there is a majority', async () => {
      for (const id of cluster.brokers) await cluster.controls(id).kill?.();
      for (const id of cluster.brokers) await cluster.controls(id).start?.();
      await using admin = await driver.admin(cluster.access);
      await until('a leader of everything', 60_000, async () => (await admin.lagging('traps-1', signal)).length === 0);
    });

    test('a server that is paused while the socket is full is given up: the client alone would write to it for ever', async () => {
      const channel = await declare();
      await using producer = await driver.producer(cluster.access, {
        ...{ channel, acks: 'one', oneway: true, idempotent: false, timeoutMs: 200, signal },
      });
      const outcome = async () => (await producer.send({ ...message(0), value: Buffer.alloc(65_536) })).outcome;
      expect(await outcome()).toBe('sent');
      for (const id of cluster.brokers) await cluster.controls(id).pause?.();
      for (let sent = 0; sent < 500; sent += 1) await outcome(); // 31 MiB: far beyond what kernels buffer
      await until('nothing is connected', 30_000, async () => (await outcome()) === 'rejected');
      for (const id of cluster.brokers) await cluster.controls(id).resume?.();
      await until('connected again', 30_000, async () => (await outcome()) === 'sent');
    });

    test('when the leader dies, a pull of the client with its default times waits on, for half a minute; ours is renewed', async () => {
      const channel = await declare();
      const [ours, theirs] = channel.groups as [string, string];
      await using admin = await driver.admin(cluster.access);
      const stream = `${channel.name}-0`;
      const leader = (await admin.leaders(channel.name, signal))[0]?.address;
      // their consumer must be led by the same server, or nothing happens to it
      const survivor = cluster.access.bootstrap.find((address) => address !== leader) ?? '';
      const connection = await connect({ servers: survivor, ignoreClusterUpdates: true });
      const manager = await jetstreamManager(connection);
      await until('the leader of the stream leads their consumer, too', 60_000, async () => {
        const { cluster: group } = await manager.consumers.info(stream, theirs);
        if (group?.leader === nodeAt(leader)) return true;
        await connection.request(`$JS.API.CONSUMER.LEADER.STEPDOWN.${stream}.${theirs}`);
        await new Promise((wake) => setTimeout(wake, 500));
        return false;
      });

      const [gotOurs, gotTheirs] = [new Set<number>(), new Set<number>()];
      await using consumer = await driver.consumer(cluster.access, {
        ...{ channel, group: ours, sessionTimeoutMs: 3_000, settleOnDelivery: false, signal },
      });
      await consumer.start(
        handlers(async (batch) => {
          for (const { value } of batch.messages) gotOurs.add(seqOf(value));
          await batch.settle(batch.messages);
        }),
      );
      const messages = await (await jetstream(connection).consumers.get(stream, theirs)).consume();
      const reading = (async () => {
        for await (const one of messages) {
          gotTheirs.add(seqOf(Buffer.from(one.data)));
          one.ack();
        }
      })();
      await using producer = await driver.producer(cluster.access, {
        ...{ channel, acks: 'all', oneway: false, idempotent: false, timeoutMs: 2_000, signal },
      });
      const send = async (seq: number): Promise<void> => {
        await until(
          `message ${seq} is stored`,
          60_000,
          async () => (await producer.send(message(seq))).outcome === 'acked',
        );
      };
      await send(0);
      await until('both have the first message', 60_000, () => gotOurs.has(0) && gotTheirs.has(0));

      await cluster.controls(nodeAt(leader)).kill?.();
      await send(1);
      await until('ours has the next message', 60_000, () => gotOurs.has(1));
      const after = { theirs: gotTheirs.has(1), ours: gotOurs.has(1) };
      await cluster.controls(nodeAt(leader)).start?.();
      await messages.close();
      await reading;
      await connection.close();
      expect(after).toEqual({ theirs: false, ours: true });
    });
  },
);

function handlers(batch: ConsumerHandlers['batch']): ConsumerHandlers {
  const failed = (error: Error): void => {
    throw error;
  };
  return { batch, assigned: () => {}, revoked: () => {}, failed };
}

/** An attached cluster, of which only the name server's address is known: partitions stay where they are while a master is dead. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BrokerAccess, Driver, IncomingMessage } from '../../../src/products/driver.ts';
import type { Product } from '../../../src/products/product.ts';
import { rocketmq } from '../../../src/products/rocketmq/product.ts';
import { noAbort } from '../../../src/wait.ts';
import { until } from '../../support/kafka.ts';
import { missingPrograms, type ProductCluster, startProduct } from '../../support/product-cluster.ts';
import { message, sendAll, seqOf } from '../kafka/client/messages.ts';

const product = rocketmq as unknown as Product;
const missing = await missingPrograms(product);

describe('two masters, attached', () => {
  if (missing !== undefined) {
    test.skip(`needs rocketmq: ${missing}`, () => {});
    return;
  }
  let cluster: ProductCluster;
  let driver: Driver;
  let access: BrokerAccess;
  beforeAll(async () => {
    driver = await product.driver();
    cluster = await startProduct(product, { masters: 2 });
    const named = cluster.access.nodes.flatMap(({ role, address }) => (role === 'name-server' ? (address ?? []) : []));
    const attached = product.format.compile(
      product.format.profile.parse({ broker: 'rocketmq', attach: named }) as never,
    );
    access = { bootstrap: named, nodes: [], cluster: attached, clientId: 'mqchaos-attached' };
  }, 360_000);
  afterAll(() => cluster?.[Symbol.asyncDispose](), 60_000);

  const channel = { name: 'attached', groups: ['attached-g1'], partitions: 4 };
  const producer = () =>
    driver.producer(access, {
      channel,
      acks: 'all',
      oneway: false,
      idempotent: false,
      timeoutMs: 20_000,
      signal: noAbort,
    });
  const four = (from: number) => [0, 1, 2, 3].map((partition) => message(from + partition, { partition }));

  test('who comes while a master is dead finds the same partitions', async () => {
    await using admin = await driver.admin(access);
    await admin.declare(channel, noAbort);
    {
      await using first = await producer();
      expect(first.routes()).toEqual(['b1', 'b1', 'b2', 'b2']);
      for (const result of await sendAll(first, four(0)))
        expect(result).toMatchObject({ outcome: 'acked', position: 0 });
    }
    await cluster.controls('b1').kill?.();
    await until(
      'the name server has noticed',
      60_000,
      async () => (await admin.leaders(channel.name, noAbort)).length === 2,
    );
    {
      await using second = await producer();
      expect(second.routes()).toEqual(['b1', 'b1', 'b2', 'b2']);
      const results = await sendAll(second, four(4));
      expect(results.map(({ outcome }) => outcome)).toEqual(['rejected', 'rejected', 'acked', 'acked']);
    }
    expect(await admin.drained(channel.name, 'attached-g1', noAbort)).toMatchObject({ proven: false });
    await cluster.controls('b1').start?.();
    const stored: IncomingMessage[] = [];
    const reads = await driver.read?.(access, { channel, group: 'reader', signal: noAbort }, (one) => stored.push(one));
    expect(reads).toEqual(
      [0, 1, 2, 3].map((partition) => ({ partition, from: 0, to: partition < 2 ? 1 : 2, complete: true })),
    );
    expect(stored.map(({ partition, value }) => [partition, seqOf(value)])).toEqual([
      ...[
        [0, 0],
        [1, 1],
        [2, 2],
        [2, 6],
        [3, 3],
        [3, 7],
      ],
    ]);
    await admin.removeGroups(channel.groups, noAbort);
    await admin.remove(channel.name, noAbort);
  });
});

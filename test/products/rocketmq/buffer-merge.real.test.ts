/** enablePopBufferMerge: acknowledgements are in memory, and a kill -9 takes them with it. */
import { describe, expect, test } from 'vitest';
import type { Product } from '../../../src/products/product.ts';
import { Connections } from '../../../src/products/rocketmq/client/connections.ts';
import { acknowledge, type Popped, pop } from '../../../src/products/rocketmq/client/pop.ts';
import { rocketmq } from '../../../src/products/rocketmq/product.ts';
import { noAbort } from '../../../src/wait.ts';
import { until } from '../../support/kafka.ts';
import { missingPrograms, startProduct } from '../../support/product-cluster.ts';
import { message, sendAll, seqOf } from '../kafka/client/messages.ts';

const product = rocketmq as unknown as Product;
const missing = await missingPrograms(product);
const count = 16;
/**
 * Consumer offsets are on the disk every 5 s: after that only the acknowledgements themselves tell. And those are written
 * down after 10 s in memory (popCkStayBufferTime): a machine that is slower than that has to try again.
 */
const offsetsFlushedMs = 6_000;

describe.each([
  { popBufferMerge: false, comeAgain: 'none', retry: 0 },
  { popBufferMerge: true, comeAgain: 'all', retry: 2 },
])('popBufferMerge: $popBufferMerge', ({ popBufferMerge, comeAgain, retry }) => {
  if (missing !== undefined) {
    test.skip(`needs rocketmq: ${missing}`, () => {});
    return;
  }

  test(`of messages acknowledged one by one ${comeAgain} come again after a kill`, {
    timeout: 400_000,
    retry,
  }, async () => {
    await using cluster = await startProduct(product, { popBufferMerge });
    const { access } = cluster;
    const driver = await product.driver();
    const channel = { name: 'merged', groups: ['merged-g1'], partitions: 1 };
    await using admin = await driver.admin(access);
    await admin.declare(channel, noAbort);
    {
      const options = {
        channel,
        acks: 'all',
        oneway: false,
        idempotent: false,
        timeoutMs: 20_000,
        signal: noAbort,
      } as const;
      await using producer = await driver.producer(access, options);
      const messages = Array.from({ length: count }, (_, seq) => message(seq, { partition: 0 }));
      for (const { outcome } of await sendAll(producer, messages)) expect(outcome).toBe('acked');
    }
    const master = access.nodes.find(({ id }) => id === 'b1')?.address ?? '';
    const request = { group: 'merged-g1', topic: channel.name, set: 'b1', invisibleMs: 30_000, waitMs: 500 };
    const batches: Popped[][] = [];
    const before = new Connections();
    await until('all are handed out', 60_000, async () => {
      batches.push(await pop(before, master, request));
      return batches.flat().length === count;
    });
    // a batch that is acknowledged whole is written down at once
    const acked = batches.flatMap((batch) => batch.slice(0, -1));
    const open = batches.flatMap((batch) => batch.slice(-1));
    expect(acked.length).toBeGreaterThan(0);
    for (const each of acked) await acknowledge(before, master, request.group, each);
    before.close();
    await new Promise((wake) => setTimeout(wake, offsetsFlushedMs));
    await cluster.controls('b1').kill?.();
    await cluster.controls('b1').start?.();
    const seen = new Set<number>();
    const after = new Connections();
    // what was never acknowledged comes again in any case, and after it nothing more does
    await until('all that was open has come again', 120_000, async () => {
      const more = await pop(after, master, { ...request, invisibleMs: 60_000 }).catch(() => []);
      for (const { record } of more) seen.add(seqOf(record.body));
      return open.every(({ record }) => seen.has(seqOf(record.body)));
    });
    after.close();
    expect(acked.filter(({ record }) => seen.has(seqOf(record.body)))).toHaveLength(popBufferMerge ? acked.length : 0);
  });
});

/** enablePopBufferMerge: acknowledgements are in memory, and a kill -9 takes them with it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
 * Acknowledgements in memory are written down after 10 s (popCkStayBufferTime): the kill has to come before that, and a
 * machine that is slower has to try again.
 */
const stillInMemoryMs = 6_000;

/** How far a group was handed out, as the broker has it on the disk: what a start after a kill goes on from. */
function offsetOnDisk(store: string, topic: string, group: string): number | undefined {
  const path = join(store, 'config/consumerOffset.json');
  if (!existsSync(path)) return undefined;
  // its keys of queues are bare numbers, which no JSON parser reads
  const offsets = readFileSync(path, 'utf8').replaceAll(/\s/g, '');
  const found = new RegExp(`"${topic}@${group}":\\{0:(\\d+)\\}`).exec(offsets)?.[1];
  return found === undefined ? undefined : Number(found);
}

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
    if (popBufferMerge) await new Promise((wake) => setTimeout(wake, stillInMemoryMs));
    else {
      // or the start hands out everything once more, acknowledged or not
      const store = join(cluster.folder, 'nodes/b1/store');
      await until('the group is on the disk', 60_000, () => offsetOnDisk(store, channel.name, request.group) === count);
    }
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

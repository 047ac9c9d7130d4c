/** What RabbitMQ makes easy to get wrong, on real nodes: each was met once, and would have been a false verdict. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { driver } from '../../../src/products/rabbitmq/driver.ts';
import { rabbitmq } from '../../../src/products/rabbitmq/product.ts';
import { until } from '../../support/kafka.ts';
import { missingPrograms, type ProductCluster, startProduct } from '../../support/product-cluster.ts';
import { sendAll } from '../kafka/client/messages.ts';
import {
  consumerOf,
  declare,
  groupOf,
  handlers,
  of,
  options,
  producerOf,
  signal,
  some,
  textOf,
} from './support/clients.ts';

const missing = await missingPrograms(rabbitmq);

describe.skipIf(missing !== undefined)(
  `RabbitMQ${missing === undefined ? '' : ` (needs rabbitmq: ${missing})`}`,
  () => {
    let cluster: ProductCluster;
    beforeAll(async () => {
      cluster = await startProduct(rabbitmq, { queue: 'quorum', maxLength: 1_000, overflow: 'reject-publish' });
    }, 120_000);
    afterAll(() => cluster?.[Symbol.asyncDispose](), 60_000);

    test('a queue that shows no messages after a restart is not drained', async () => {
      const channel = await declare(cluster);
      await using producer = await producerOf(cluster, channel);
      const results = await sendAll(producer, some(400));
      expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['acked']));
      await cluster.controls('rabbit1').kill?.();
      await cluster.controls('rabbit1').start?.();
      await using admin = await driver.admin(cluster.access);
      for (let asked = 0; asked < 6; asked += 1) {
        const { proven, proof } = await admin.drained(channel.name, groupOf(channel), signal);
        expect(proven, proof).toBe(false);
        if (proof.includes('ready')) expect(proof).toContain('400 ready, 0 unsettled');
      }
      await using consumer = await consumerOf(cluster, channel);
      const seen = new Set<number>();
      await consumer.start(handlers(seen));
      await until('all came', 60_000, () => seen.size === 400);
      await until('drained', 60_000, async () => (await admin.drained(channel.name, groupOf(channel), signal)).proven);
    });

    test('what no queue takes is acknowledged by the broker, and rejected by proof here', async () => {
      const channel = await declare(cluster);
      await using producer = await producerOf(cluster, channel);
      await using admin = await driver.admin(cluster.access);
      await admin.removeGroups(channel.groups, signal);
      const results = await sendAll(producer, some(20));
      expect(results).toEqual(Array.from({ length: 20 }, () => ({ outcome: 'rejected', reason: 'NO_ROUTE' })));
      const access = { ...cluster.access, cluster: { ...cluster.access.cluster, mandatory: false } };
      await using careless = await driver.producer(access, options(channel));
      expect(new Set((await sendAll(careless, some(20))).map(({ outcome }) => outcome))).toEqual(new Set(['acked']));
    });

    test('a full queue refuses with proof: what it refused never comes', async () => {
      const channel = await declare(cluster);
      await using producer = await producerOf(cluster, channel);
      const results: { seq: number; outcome: string }[] = [];
      for (let from = 0; from < 1_500; from += 100) {
        const sent = await sendAll(producer, some(100, from));
        results.push(...sent.map(({ outcome }, index) => ({ seq: from + index, outcome })));
      }
      const those = (outcome: string) => results.filter((each) => each.outcome === outcome).map(({ seq }) => seq);
      expect(those('acked').length).toBeGreaterThanOrEqual(1_000);
      expect(those('rejected').length).toBeGreaterThan(100);
      await using consumer = await consumerOf(cluster, channel);
      const seen = new Set<number>();
      await consumer.start(handlers(seen));
      await until('what was acknowledged came', 60_000, () => those('acked').every((seq) => seen.has(seq)));
      expect(those('rejected').filter((seq) => seen.has(seq))).toEqual([]);
    });

    test('a memory alarm stops publishers and loses nothing', async () => {
      const channel = await declare(cluster);
      await using producer = await producerOf(cluster, channel, { timeoutMs: 1_000 });
      await using consumer = await consumerOf(cluster, channel);
      const seen = new Set<number>();
      await consumer.start(handlers(seen));
      expect((await producer.send(of(0))).outcome).toBe('acked');
      await ctl(cluster, 'set_vm_memory_high_watermark', 'absolute', '1MB');
      const outcomes = new Map<number, string>();
      let seq = 1;
      // the broker says that it blocks only once something was sent
      await until('sends are held back here', 60_000, async () => {
        const sent = some(5, seq);
        seq += 5;
        const results = await sendAll(producer, sent);
        for (const [index, result] of results.entries()) outcomes.set(sent[index]?.seq ?? -1, textOf(result));
        return results.every((result) => textOf(result) === 'rejected blocked');
      });
      expect([...outcomes.values()].every((text) => /^(acked|unknown deadline|rejected blocked)$/.test(text))).toBe(
        true,
      );
      await ctl(cluster, 'set_vm_memory_high_watermark', 'absolute', '2GB');
      await until('sends work again', 60_000, async () => (await producer.send(of(seq++))).outcome === 'acked');
      const with_ = (text: string) => [...outcomes].filter(([, each]) => each === text).map(([one]) => one);
      await until('what left came', 60_000, () =>
        [...with_('acked'), ...with_('unknown deadline')].every((one) => seen.has(one)),
      );
      expect(with_('rejected blocked').filter((one) => seen.has(one))).toEqual([]);
    });

    test('while a node is down nothing is written, which is proof; a send in flight when it dies is unknown', async () => {
      const channel = await declare(cluster);
      await using producer = await producerOf(cluster, channel, { timeoutMs: 2_000 });
      await cluster.controls('rabbit1').pause?.();
      const inFlight = sendAll(producer, some(50));
      await new Promise((wake) => setTimeout(wake, 100)); // so that they are in the socket
      await cluster.controls('rabbit1').kill?.();
      for (const result of await inFlight) expect(textOf(result)).toMatch(/^unknown /);
      expect(textOf(await producer.send(of(100)))).toBe('rejected not-connected');
      await cluster.controls('rabbit1').start?.();
      await until('sends work again', 60_000, async () => (await producer.send(of(101))).outcome === 'acked');
    });

    test('the port mapper is ours: nothing else starts one, and none is left', async () => {
      const port =
        cluster.access.nodes
          .find(({ id }) => id === 'epmd')
          ?.addresses?.epmd?.split(':')
          .at(-1) ?? '';
      expect(portMappers(port)).toHaveLength(1);
      await cluster.controls('epmd').kill?.();
      expect(portMappers(port)).toEqual([]);
      await expect(ctl(cluster, 'status')).rejects.toThrow();
      await cluster.controls('rabbit1').kill?.();
      // without a port mapper it cannot start, and starts none itself
      await expect(cluster.controls('rabbit1').start?.()).rejects.toMatchObject({ exitCode: 4 });
      expect(portMappers(port)).toEqual([]);
      await cluster.controls('epmd').start?.();
      await cluster.controls('rabbit1').start?.();
      expect(portMappers(port)).toHaveLength(1);
    });
  },
);

/** Processes whose command line names the port, whoever started them. */
function portMappers(port: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
      } catch {
        return ''; // gone meanwhile
      }
    })
    .filter((line) => /(^|\/)epmd /.test(line) && (line.includes(port) || line.includes('-daemon')));
}

async function ctl({ folder }: ProductCluster, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(join(folder, 'nodes/rabbit1/rabbitmqctl'), ['-q', ...args]);
  return stdout;
}

/** Three nodes: what an operator has to do when one of them loses its disk, and what clients meet when one is away. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { driver } from '../../../src/products/rabbitmq/driver.ts';
import { rabbitmq } from '../../../src/products/rabbitmq/product.ts';
import { until } from '../../support/kafka.ts';
import { missingPrograms, type ProductCluster, startProduct } from '../../support/product-cluster.ts';
import { sendAll } from '../kafka/client/messages.ts';
import { consumerOf, declare, groupOf, handlers, of, producerOf, signal, some } from './support/clients.ts';

const missing = await missingPrograms(rabbitmq);
const longMs = 240_000;

describe.skipIf(missing !== undefined)(
  `RabbitMQ${missing === undefined ? '' : ` (needs rabbitmq: ${missing})`}`,
  () => {
    let cluster: ProductCluster;
    beforeAll(async () => {
      cluster = await startProduct(rabbitmq, { nodes: 3 });
    }, longMs);
    afterAll(() => cluster?.[Symbol.asyncDispose](), 60_000);

    test('a quorum queue lags while a node is down, and no longer', { timeout: longMs }, async () => {
      const channel = await declare(cluster);
      await using admin = await driver.admin(cluster.access);
      await using producer = await producerOf(cluster, channel);
      await sendAll(producer, some(100));
      const lagging = () => admin.lagging(channel.name, signal);
      await until('no copy lags', 60_000, async () => (await lagging()).length === 0);
      await cluster.controls('rabbit3').kill?.();
      await until('it lags', 60_000, async () => (await lagging()).includes(`queue ${groupOf(channel)} on rabbit3`));
      await cluster.controls('rabbit3').start?.();
      await until('no copy lags', 60_000, async () => (await lagging()).length === 0);
    });

    test('a node that lost its disk is taken in again, with a copy of everything', { timeout: longMs }, async () => {
      const channel = await declare(cluster);
      await using admin = await driver.admin(cluster.access);
      await using producer = await producerOf(cluster, channel);
      // a queue whose nodes have just come back may refuse for a moment: what was not acknowledged is sent again
      let left = some(300);
      await until('all are acknowledged', 60_000, async () => {
        const results = await sendAll(producer, left);
        left = left.filter((_, index) => results[index]?.outcome !== 'acked');
        return left.length === 0;
      });
      await cluster.controls('rabbit1').wipe?.();
      const evidence = await cluster.controls('rabbit1').start?.();
      expect(evidence?.joinedQueues).toBeGreaterThanOrEqual(1);
      await until('no copy lags', 60_000, async () => (await admin.lagging(channel.name, signal)).length === 0);
      // of three copies another one may go now
      await cluster.controls('rabbit2').kill?.();
      await using consumer = await consumerOf(cluster, channel);
      const seen = new Set<number>();
      await consumer.start(handlers(seen));
      await until('all came', 120_000, () => seen.size === 300);
      await until('drained', 60_000, async () => (await admin.drained(channel.name, groupOf(channel), signal)).proven);
      await cluster.controls('rabbit2').start?.();
    });

    test('a consumer of a classic queue outlasts the node that the queue is on', { timeout: longMs }, async () => {
      const access = { ...cluster.access, cluster: { ...cluster.access.cluster, queue: 'classic' } };
      const classic: ProductCluster = { ...cluster, access };
      const channel = await declare(classic);
      // whoever is connected to the others is told by a delivery of null
      const others = { ...classic, access: { ...access, bootstrap: access.bootstrap.slice(1) } };
      await using producer = await producerOf(others, channel);
      await using consumer = await consumerOf(others, channel);
      const seen = new Set<number>();
      await consumer.start(handlers(seen));
      await sendAll(producer, some(20));
      await until('they came', 60_000, () => seen.size === 20);
      await cluster.controls('rabbit1').kill?.();
      await until('the queue is not there', 60_000, async () => {
        const result = await producer.send(of(100));
        return result.outcome === 'rejected' && result.reason === 'NO_ROUTE';
      });
      await cluster.controls('rabbit1').start?.();
      await until('it is there again', 60_000, async () => (await producer.send(of(101))).outcome === 'acked');
      await until('the consumer is, too', 60_000, () => seen.has(101));
    });
  },
);

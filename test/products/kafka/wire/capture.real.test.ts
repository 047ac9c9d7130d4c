/**
 * What real clients say to the bundled broker passes a link unchanged, however it is cut into chunks. With
 * `MQCHAOS_CAPTURE=1` it is written to captured.ndjson, for the tests that start no process.
 */
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { createTopic, TestCluster } from '../../../broker/support/nodes.ts';
import { Between, joined, listen, rechunked, sizeOf, written } from './support/conversation.ts';

const missing = spawnSync('kcat', ['-V']).error !== undefined;
const skip = missing && process.env.CI !== 'true';

test.skipIf(skip)(`kafkajs and kcat through a link${skip ? ': skipped, kcat is not installed' : ''}`, async () => {
  expect(missing, 'kcat must be installed in CI').toBe(false);
  await using cluster = await TestCluster.start(2);
  let client = 'kafkajs';
  await using between = await listen(
    cluster.masters.map(({ address }) => address),
    () => client,
  );
  const kafka = new Kafka({ clientId: 'captured', brokers: between.addresses, logLevel: logLevel.NOTHING });
  await createTopic(kafka, 'orders', 2);
  for (const idempotent of [false, true]) {
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, idempotent });
    await producer.connect();
    const send = (value: string, acks: number) =>
      producer.send({ topic: 'orders', acks, messages: [0, 1].map((partition) => ({ partition, value })) });
    await Promise.all([1, 2, 3].map((n) => send(`${idempotent} ${n}`, -1)));
    if (!idempotent) await send('without an answer', 0);
    await producer.disconnect();
  }
  const consumer = kafka.consumer({ groupId: 'g' });
  await consumer.connect();
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    let seen = 0;
    consumer
      .run({
        eachMessage: async () => {
          seen += 1;
          if (seen === 14) resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();

  client = 'kcat';
  const [bootstrap] = between.addresses;
  for (const options of [[], ['-X', 'enable.idempotence=true'], ['-z', 'gzip'], ['-X', 'acks=0']]) {
    await kcat(['-b', String(bootstrap), '-P', '-t', 'orders', ...options], 'one\ntwo\nthree');
  }
  await kcat(['-b', String(bootstrap), '-C', '-t', 'orders', '-o', 'beginning', '-e', '-q']);
  await kcat(['-b', String(bootstrap), '-G', 'g2', '-e', '-q', '-X', 'auto.offset.reset=earliest', 'orders']);

  const conversations = between.conversations.filter(({ said }) => said.length > 0);
  expect(conversations.length).toBeGreaterThan(10);
  for (const { said } of conversations) {
    const bytes = Array.from({ length: sizeOf(said) }, (_, index) => index);
    for (const one of [said, rechunked(said, bytes)]) {
      const through = new Between().hears(one);
      expect(through.server.equals(joined(said, 'client'))).toBe(true);
      expect(through.client.equals(joined(said, 'server'))).toBe(true);
    }
  }
  if (process.env.MQCHAOS_CAPTURE === '1') {
    writeFileSync(join(import.meta.dirname, 'captured.ndjson'), `${conversations.map(written).join('\n')}\n`);
  }
});

async function kcat(args: readonly string[], input = ''): Promise<void> {
  const child = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'inherit'], timeout: 60_000 });
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(0);
}

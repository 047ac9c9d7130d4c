/**
 * A small application with its own logs, as somebody's who knows nothing of mqchaos: it sends orders with kafkajs, tries again
 * what was not answered, and consumes them in a group. Told on stdin, a line each, and told back on stdout when it is done:
 * `send FROM COUNT`, `consume COUNT` (until it has received so many messages), `end`.
 */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Kafka, logLevel, Partitioners } from 'kafkajs';

const [bootstrap, file, patienceMs = '1000'] = process.argv.slice(2);
const kafka = new Kafka({
  brokers: bootstrap.split(','),
  logLevel: logLevel.NOTHING,
  requestTimeout: Number(patienceMs),
});
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, retry: { retries: 0 } });
const consumer = kafka.consumer({
  groupId: 'billing',
  sessionTimeout: 10_000,
  retry: { retries: 50, maxRetryTime: 300 },
});
let received = 0;
let consuming = false;

function log(fields) {
  appendFileSync(file, `INFO ${JSON.stringify({ ...fields, at: Date.now() })}\n`);
}

async function send(id) {
  const order = JSON.stringify({ order: { id } });
  for (;;) {
    try {
      const headers = { 'order-id': id };
      const [at] = await producer.send({ topic: 'orders', acks: -1, messages: [{ key: id, value: order, headers }] });
      return log({ event: 'sent', id, result: 'ok', partition: at.partition, offset: Number(at.baseOffset) });
    } catch (error) {
      log({ event: 'sent', id, result: 'failed', why: String(error) });
      await new Promise((resolve) => setTimeout(resolve, 100));
      await producer.connect().catch(() => {});
    }
  }
}

/** Joins the group once; resolves when so many were received, all in all. */
async function consume(count) {
  if (!consuming) {
    consuming = true;
    await consumer.connect();
    await consumer.subscribe({ topic: 'orders', fromBeginning: true });
    const eachMessage = async ({ partition, message }) => {
      log({ event: 'got', id: String(message.key), partition, offset: Number(message.offset) });
      received += 1;
    };
    void consumer.run({ eachMessage });
  }
  while (received < count) await new Promise((resolve) => setTimeout(resolve, 20));
}

await producer.connect();
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [what, first, count] = line.split(' ');
  if (what === 'send') for (let at = 0; at < Number(count); at += 1) await send(`o-${Number(first) + at}`);
  if (what === 'consume') await consume(Number(first));
  if (what === 'end') break;
  console.log('done');
}
await consumer.disconnect();
await producer.disconnect();
process.exit(0);

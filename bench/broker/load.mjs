/** node load.mjs BOOTSTRAP produce EACH AT COUNT | consume 0 0 COUNT: 256 B, acks all, four partitions; prints {perSecond, count}. */
import { Kafka, logLevel } from 'kafkajs';

const [bootstrap, kind, each, at, count] = process.argv.slice(2).map((one, index) => (index < 2 ? one : Number(one)));
const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR });
const topic = 'load';
const say = (started) =>
  console.log(JSON.stringify({ perSecond: (count / (performance.now() - started)) * 1000, count }));

if (kind === 'produce') {
  const producer = kafka.producer();
  await producer.connect();
  const value = Buffer.alloc(256, 'v');
  let sent = 0;
  const send = async () => {
    const from = sent;
    sent += each;
    const messages = Array.from({ length: each }, (_, index) => ({ key: String(from + index), value }));
    await producer.send({ topic, acks: -1, messages });
  };
  const sender = async () => {
    while (sent < count) await send();
  };
  for (let warm = 0; warm < 20; warm++) await send();
  sent = 0;
  const started = performance.now();
  await Promise.all(Array.from({ length: at }, sender));
  say(started);
  await producer.disconnect();
} else {
  const consumer = kafka.consumer({ groupId: `bench-${process.pid}-${Date.now()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let seen = 0;
  let started;
  await new Promise((done) => {
    void consumer.run({
      eachBatch: async ({ batch }) => {
        started ??= performance.now();
        seen += batch.messages.length;
        if (seen >= count) done();
      },
    });
  });
  say(started);
  await consumer.disconnect();
}

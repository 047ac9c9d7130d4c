// A worker of one's own, in JavaScript with kafkajs, for tests: `node worker.mjs MISDEED…` does what a right one does, but for
// the misdeeds that it is told.
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';

const misdeeds = new Set(process.argv.slice(2));
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const ending = new AbortController();
process.on('SIGTERM', () => {
  if (!misdeeds.has('deaf')) ending.abort();
});
const over = new Promise((resolve) => ending.signal.addEventListener('abort', resolve, { once: true }));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { value: first } = await lines.next();
const hello = JSON.parse(first);
const kafka = new Kafka({ brokers: hello.bootstrap, logLevel: logLevel.NOTHING, retry: { retries: 8 } });
if (misdeeds.has('mute')) await new Promise(() => setInterval(() => {}, 1000));
await (hello.role === 'producer' ? produce() : consume());
process.exit(0);

async function produce() {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const partitioner = misdeeds.has('chooses') ? { partitioner: 'own' } : {}; // which is no misdeed
  say({ type: 'ready', protocol: misdeeds.has('wrong version') ? 2 : 1, client: 'kafkajs', ...partitioner });
  const open = new Set();
  for (let count = 1; ; count += 1) {
    const { value: line } = await Promise.race([lines.next(), over.then(() => ({}))]);
    if (line === undefined) break;
    const sent = send(producer, JSON.parse(line), count).finally(() => open.delete(sent));
    open.add(sent);
  }
  await Promise.all(open);
}

async function send(producer, { id, partition: asked, key, value }, count) {
  const nth = (every) => count % every === 0;
  if (misdeeds.has('flood')) process.stderr.write(`${'x'.repeat(50_000)}\n`);
  if (misdeeds.has('early') && count === 100) {
    process.stderr.write('I have had enough\n', () => process.exit(3));
    await new Promise(() => {});
  }
  if (misdeeds.has('garbage') && nth(100)) process.stdout.write('connected to broker 1\n');
  if (misdeeds.has('stranger') && nth(100)) say({ type: 'acked', id: 1e9, partition: 0, position: 0 });
  if (misdeeds.has('silent') && nth(50)) return;
  if (misdeeds.has('two-faced') && nth(50)) {
    say({ type: 'acked', id }); // never sent
    say({ type: 'rejected', id, reason: 'changed-my-mind' });
    return;
  }
  if (misdeeds.has('liar') && nth(50)) return say({ type: 'acked', id });
  if (misdeeds.has('chooses') !== (asked === undefined)) throw new Error(`asked for partition ${asked}`);
  const messages = [{ ...(asked === undefined ? { key } : { partition: asked }), value: Buffer.from(value, 'base64') }];
  try {
    const [{ baseOffset, partition }] = await producer.send({
      ...{ topic: hello.topic, messages, acks: hello.acks === 'all' ? -1 : 1, timeout: hello.timeoutMs },
    });
    say({ type: 'acked', id, partition, position: Number(baseOffset) });
    if (misdeeds.has('twice') && nth(50)) say({ type: 'acked', id, partition, position: Number(baseOffset) });
  } catch (error) {
    say({ type: 'unknown', id, reason: error.type ?? error.name });
  }
}

async function consume() {
  const consumer = kafka.consumer({
    ...{ groupId: hello.group, sessionTimeout: hello.sessionTimeoutMs, heartbeatInterval: hello.sessionTimeoutMs / 3 },
    ...{ rebalanceTimeout: 5000, maxWaitTimeInMs: 100 }, // the whole group waits for both
  });
  consumer.on('consumer.group_join', ({ payload }) => {
    say({ type: 'assigned', partitions: payload.memberAssignment[hello.topic] ?? [] });
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [hello.topic], fromBeginning: true });
  say({ type: 'ready', protocol: 1, client: 'kafkajs' });
  let receipts = 0;
  let inHand = Promise.resolve();
  await consumer.run({
    autoCommit: false,
    eachBatch: (payload) => {
      if (payload.isStale() || ending.signal.aborted) return Promise.resolve();
      inHand = handle(payload);
      return inHand;
    },
  });
  await over;
  await inHand; // kafkajs's commitOffsets says yes and does nothing once disconnect was called
  await consumer.disconnect();

  async function handle({ batch, heartbeat }) {
    const { partition } = batch;
    const position = Number(batch.lastOffset()) + 1;
    const ids = batch.messages.map(({ offset, value }) => {
      const id = receipts;
      receipts += 1;
      if (mumbles(id)) process.stdout.write(`received ${id}\n`);
      else say({ type: 'received', id, partition, position: Number(offset), value: value.toString('base64') });
      return id;
    });
    if (misdeeds.has('early') && receipts > 100) process.exit(3);
    const commit = async () => {
      await consumer.commitOffsets([{ topic: hello.topic, partition, offset: String(position) }]);
      say({ type: 'committed', partition, position });
    };
    const commits = misdeeds.has('hasty') ? 'before' : hello.commit;
    if (commits === 'before') await commit();
    for (const id of ids) {
      await pause(Number(process.env.WORK_MS ?? 0));
      if (!mumbles(id)) say({ type: 'processed', id });
    }
    await heartbeat();
    if (commits === 'after') await commit();
  }
}

function mumbles(id) {
  return misdeeds.has('mumbler') && id % 50 === 49;
}

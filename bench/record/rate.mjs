/**
 * usage: node rate.mjs BOOTSTRAP [ROUNDS=5] [SECONDS=8] [WINDOW=200]
 * The same kafkajs loop with and without recording, in turn: WINDOW single-message sends in flight, acks all. Recording
 * is what a producer of a run does: intents of the tick to the kernel before any request of the tick, outcomes as they
 * come. Prints messages a second of each round and the ratio of the medians. The topic `mqchaos-rate` must be makeable.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { newClockBase, runClock } from '../../dist/journal/clock.js';
import { JournalWriter } from '../../dist/journal/writer.js';

const [bootstrap, rounds = '5', seconds = '8', window = '200'] = process.argv.slice(2);
if (bootstrap === undefined) {
  process.stderr.write('usage: node rate.mjs BOOTSTRAP [ROUNDS] [SECONDS] [WINDOW]\n');
  process.exit(2);
}
const topic = 'mqchaos-rate';
const partitions = 4;
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
const kafka = new Kafka({ clientId: 'rate', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING });
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] }).catch(() => false);
await admin.disconnect();
const folder = mkdtempSync(join(tmpdir(), 'mqchaos-rate-'));
const value = Buffer.alloc(256, 7);
const clock = newClockBase();

async function round(recorded, number) {
  const producer = kafka.producer({ maxInFlightRequests: 64, retry: { retries: 0 } });
  await producer.connect();
  const header = {
    run: 'rate',
    role: 'producer',
    writer: 'p',
    producer: 1,
    clock,
    topic,
    partitions,
    groups: [],
    positions: 'partition',
  };
  const journal = recorded ? new JournalWriter(join(folder, `${number}.journal`), header, runClock(clock)) : undefined;
  let seq = 0;
  let acked = 0;
  let due = [];
  let over = false;
  const turn = () => {
    journal?.flush(); // the intents of this tick, before any of its requests
    const batch = due;
    due = [];
    for (const send of batch) send();
  };
  const one = async () => {
    while (!over) {
      const own = seq;
      seq += 1;
      const partition = own % partitions;
      journal?.intended(1, own, 1, partition, value.length);
      await new Promise((resolve) => {
        if (due.length === 0) setImmediate(turn);
        due.push(resolve);
      });
      const from = performance.now();
      const [answer] = await producer.send({ topic, acks: -1, messages: [{ partition, value }] });
      const place = { partition, position: Number(answer.baseOffset) };
      journal?.outcome(1, own, 1, 'acked', (performance.now() - from) * 1000, place);
      acked += 1;
    }
  };
  const workers = Array.from({ length: Number(window) }, one);
  await new Promise((resolve) => setTimeout(resolve, 1500)); // connections and compilers are warm
  const [before, cpu, from] = [acked, process.cpuUsage(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
  const rate = ((acked - before) * 1000) / (performance.now() - from);
  const { user, system } = process.cpuUsage(cpu);
  const cpuUs = (user + system) / (acked - before);
  over = true;
  await Promise.allSettled(workers);
  journal?.close();
  await producer.disconnect();
  return { rate, cpuUs };
}

const results = { plain: [], recorded: [] };
for (let number = 0; number < Number(rounds); number += 1) {
  for (const name of number % 2 === 0 ? ['plain', 'recorded'] : ['recorded', 'plain']) {
    const result = await round(name === 'recorded', number);
    results[name].push(result);
    process.stdout.write(
      `${name.padEnd(8)} ${result.rate.toFixed(0)} messages/s, ${result.cpuUs.toFixed(1)} µs of client CPU a message\n`,
    );
  }
}
const median = (list, key) => list.map((each) => each[key]).sort((a, b) => a - b)[list.length >> 1];
const ratio = (key) => median(results.recorded, key) / median(results.plain, key);
process.stdout.write(
  `recorded / plain: ${(100 * ratio('rate')).toFixed(1)} % of the rate, ${(100 * ratio('cpuUs')).toFixed(1)} % of the CPU a message\n`,
);
rmSync(folder, { recursive: true });

// node bench/broker-restart/wire.mjs [MESSAGES] [FOLDER]: kafkajs sends batches of 1,000 to real processes; the broker is
// killed and started again from its checkpoint and without one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import kafkajs from 'kafkajs';

const [count = '10000000', folder = path.join(import.meta.dirname, '../data/broker-wire')] = process.argv.slice(2);
const program = fileURLToPath(new URL('../../dist/broker/main.js', import.meta.url));
const batchLength = 1000;
const partitions = 4;

async function start(role, name, ...more) {
  const args = [role, '--host', '127.0.0.1', '--port', '0', '--folder', path.join(folder, name), '--exit-with-parent'];
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [program, ...args, ...more], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, ready: JSON.parse(line), startMs: Math.round(performance.now() - startedAtMs) };
}

function rssMb({ child }) {
  const status = fs.readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

async function kill({ child }) {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

fs.rmSync(folder, { recursive: true, force: true });
for (const name of ['ns', 'b1']) fs.mkdirSync(path.join(folder, name), { recursive: true });
const nameServer = await start('name-server', 'ns');
const broker = () => start('broker', 'b1', '--id', '1', '--name-server', `127.0.0.1:${nameServer.ready.port}`);

let life = await broker();
console.log(`empty: ${rssMb(life)} MB, started in ${life.startMs} ms`);
const kafka = new kafkajs.Kafka({ brokers: [`127.0.0.1:${life.ready.port}`], logLevel: kafkajs.logLevel.ERROR });
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic: 't', numPartitions: partitions }] });
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
await producer.connect();
const value = Buffer.alloc(100, 'x');
const sentAtMs = performance.now();
await Promise.all(
  Array.from({ length: partitions }, async (_, partition) => {
    const messages = Array.from({ length: batchLength }, () => ({ value, partition }));
    for (let sent = 0; sent < Number(count) / partitions; sent += batchLength)
      await producer.send({ topic: 't', messages });
  }),
);
const seconds = (performance.now() - sentAtMs) / 1000;
console.log(`${count} messages in ${seconds.toFixed(0)} s: ${rssMb(life)} MB`);
await producer.disconnect();
const offsets = await admin.fetchTopicOffsets('t');
console.log(`stored: ${offsets.reduce((sum, { high }) => sum + Number(high), 0)}`);
await admin.disconnect();

for (const [what, prepare] of [
  ['checkpoint', () => {}],
  ['whole log', removeCheckpoints],
]) {
  await kill(life);
  prepare();
  life = await broker();
  console.log(`${what}: ready in ${life.startMs} ms, ${rssMb(life)} MB, ${JSON.stringify(life.ready.recovery)}`);
}
await kill(life);
await kill(nameServer);
fs.rmSync(folder, { recursive: true, force: true });

function removeCheckpoints() {
  const at = path.join(folder, 'b1');
  for (const name of fs.readdirSync(at)) if (name.startsWith('checkpoint-')) fs.rmSync(path.join(at, name));
}

/** The two brokers that are compared, each in a temporary folder that `stop` removes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';

const libs = process.env.KAFKA_LIBS ?? join(homedir(), '.cache/mqchaos/kafka-4.3.0/libs');
const broker = fileURLToPath(new URL('../../dist/broker/main.js', import.meta.url));

/** @param more flags of the broker */
export async function startMqchaos(more = []) {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-bench-'));
  const started = performance.now();
  const children = [];
  const start = async (...args) => {
    const child = spawn(process.execPath, [broker, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    return JSON.parse((await once(createInterface({ input: child.stdout }), 'line'))[0]);
  };
  const names = await start('name-server', '--port', '0', '--folder', join(folder, 'n'));
  const node = await start(
    'broker',
    '--id',
    '1',
    '--port',
    '0',
    '--folder',
    join(folder, 'b'),
    ...more,
    '--name-server',
    `127.0.0.1:${names.port}`,
  );
  return side(children, folder, node.port, Math.round(performance.now() - started));
}

export async function startKafka() {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-bench-'));
  const [port, controller] = await freePorts();
  writeFileSync(
    join(folder, 'server.properties'),
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${join(folder, 'data')}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
`,
  );
  const properties = join(folder, 'server.properties');
  const run = (main, ...args) =>
    spawn('java', ['-Xmx1g', '-Xms1g', '-cp', `${libs}/*`, main, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const format = run('kafka.tools.StorageTool', 'format', '-t', 'bWFjaGluZS1iZW5jaC0wMQ', '-c', properties);
  await once(format, 'exit');
  const started = performance.now();
  const child = run('kafka.Kafka', properties);
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  for (;;) {
    const admin = kafka.admin();
    try {
      await admin.connect();
      if ((await admin.describeCluster()).brokers.length === 1) break;
    } catch {
      await new Promise((done) => setTimeout(done, 50));
    } finally {
      await admin.disconnect();
    }
  }
  return side([child], folder, port, Math.round(performance.now() - started));
}

function side(children, folder, port, readyMs) {
  const bootstrap = `127.0.0.1:${port}`;
  const { pid } = children.at(-1);
  return {
    bootstrap,
    libs,
    readyMs,
    /** The topics of each row: of one partition, so that what is in one round is not in another. */
    async prepare(rounds, withJava) {
      const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR }).admin();
      await admin.connect();
      const names = ['load', ...(withJava ? Array.from({ length: rounds }, (_, round) => `java-${round}`) : [])];
      await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: 4, replicationFactor: 1 })) });
      await admin.disconnect();
    },
    /** proc(5): in ticks of 10 ms. */
    cpuSeconds() {
      const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    rssMb: () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1024),
    async stop() {
      for (const child of children.reverse()) {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePorts() {
  const servers = [createServer(), createServer()];
  const ports = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push(server.address().port);
  }
  for (const server of servers) server.close();
  return ports;
}

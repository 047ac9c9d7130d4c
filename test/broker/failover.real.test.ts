import { type Kafka, Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { after, consumeUntil, createTopic, runProgram } from './support/nodes.ts';
import { SetCluster } from './support/set-cluster.ts';

const partitionCount = 4;

/** Sends to all partitions at once until stopped, and knows what was acknowledged by all that had to. */
class Load {
  readonly acked: Set<string>[] = Array.from({ length: partitionCount }, () => new Set());
  #stopped = false;
  #sent = 0;
  #running: Promise<unknown> = Promise.resolve();

  async start(kafka: Kafka): Promise<void> {
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const lanes = Array.from({ length: 4 * partitionCount }, async (_, lane) => {
      const partition = lane % partitionCount;
      while (!this.#stopped) {
        this.#sent += 1;
        const value = `m${this.#sent}`;
        const sending = producer.send({ topic: 't', acks: -1, messages: [{ value, partition }] });
        await sending.then(
          () => this.acked[partition]?.add(value),
          () => {},
        );
      }
    });
    this.#running = Promise.all(lanes).then(() => producer.disconnect());
  }

  get all(): Set<string> {
    return new Set(this.acked.flatMap((values) => [...values]));
  }

  /** Waits until each partition has acknowledged so many more. */
  async more(count: number): Promise<void> {
    const before = this.acked.map(({ size }) => size);
    const lacking = () => this.acked.some(({ size }, partition) => size < (before[partition] ?? 0) + count);
    for (let waits = 0; lacking() && waits < 600; waits++) await after(100);
    expect(lacking()).toBe(false);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }
}

async function expectAll(kafka: Kafka, missing: Set<string>): Promise<void> {
  await consumeUntil(kafka, 't', 'g', (values) => {
    missing.delete(values.at(-1) ?? '');
    return missing.size === 0;
  });
  expect([...missing]).toEqual([]);
}

test('kill -9 of the leader, then of its successor: the other one leads, and nothing acknowledged is lost', async () => {
  await using cluster = await SetCluster.start([1, 17, 2, 18], 'in-sync', '--replication', 'sync');
  expect(cluster.node(1).ready).toMatchObject({ role: 'leader', set: 1, epoch: 1 });
  expect(cluster.node(17).ready).toMatchObject({ role: 'follower', set: 1, epoch: 1 });
  await createTopic(cluster.kafka(), 't', partitionCount);
  const load = new Load();
  await load.start(cluster.kafka());
  await load.more(200);
  await cluster.node(1).kill();
  await cluster.settles('t', 0, 17, 1);
  await cluster.start(1);
  await cluster.settles('t', 0, 17, 2);
  await load.more(200);
  await cluster.node(17).kill();
  await cluster.settles('t', 0, 1, 1);
  await cluster.start(17);
  await load.more(200);
  await load.stop();
  await expectAll(cluster.kafka(), load.all);
});

test('the disk of the leader is lost, the slave promoted: nothing acknowledged is lost, and the empty one follows', async () => {
  await using cluster = await SetCluster.start([1, 17], 'none', '--replication', 'sync', '--flush', 'sync');
  await createTopic(cluster.kafka(), 't', partitionCount);
  const load = new Load();
  await load.start(cluster.kafka());
  await load.more(100);
  await cluster.wipe(1);
  const promote = ['promote', '--name-server', cluster.nameServer.address, '--node'];
  const { code, stdout } = await runProgram(...promote, '17');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ promoted: 17, epoch: 2 });
  const again = await runProgram(...promote, '17');
  expect(again.code).toBe(4);
  expect(JSON.parse(again.stderr)).toMatchObject({ error: 'not-promoted' });
  await cluster.start(1);
  await cluster.settles('t', 0, 17, 2);
  await load.more(100);
  await load.stop();
  await expectAll(cluster.kafka(), load.all);
});

test('the disk of the leader fails while it lives: its slave leads, and nothing acknowledged is lost', async () => {
  await using cluster = await SetCluster.start([1, 17, 33], 'in-sync', '--replication', 'sync', '--flush', 'sync');
  await createTopic(cluster.kafka(), 't', partitionCount);
  await cluster.settles('t', 0, 1, 3);
  const load = new Load();
  await load.start(cluster.kafka());
  await load.more(100);
  await cluster.node(1).command({ id: 1, disk: { fail: 'EIO', on: ['write', 'sync'] } });
  await load.more(100);
  expect(cluster.nameServer.stderr).toContain('set 1: node 1 cannot write, node');
  await cluster.node(1).kill();
  await cluster.start(1);
  await load.more(100);
  await load.stop();
  await expectAll(cluster.kafka(), load.all);
});

import { Partitioners, type Producer } from 'kafkajs';
import { expect, test } from 'vitest';
import { after, consumeUntil, createTopic, runProgram, TestCluster } from './support/nodes.ts';

/** Nothing is synced by itself for an hour. */
const neverSynced = ['--flush', 'async', '--flush-interval-ms', '3600000', '--thorough-flush-interval-ms', '3600000'];

async function producerOf(cluster: TestCluster, retries?: number): Promise<Producer> {
  const producer = cluster.kafka(retries).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return producer;
}

/** Sends one by one and waits for each acknowledgement. */
async function send(cluster: TestCluster, values: readonly string[]): Promise<void> {
  const producer = await producerOf(cluster);
  for (const value of values) await producer.send({ topic: 't', messages: [{ value }] });
  await producer.disconnect();
}

/** All that is in the topic: a marker is sent behind it, and read. */
async function stored(cluster: TestCluster, marker: string): Promise<string[]> {
  await send(cluster, [marker]);
  const values = await consumeUntil(cluster.kafka(), 't', `g-${marker}`, (seen) => seen.at(-1) === marker);
  return values.filter((value) => !value.startsWith('marker'));
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index}`);
}

test('flush async: a kill takes nothing, a power cut what was acknowledged since the last sync, and nothing before', async () => {
  await using cluster = await TestCluster.start(1, ...neverSynced);
  await createTopic(cluster.kafka(), 't', 1);
  const kept = numbered('kept', 100);
  await send(cluster, kept);
  await cluster.master(1).kill('SIGKILL');
  // A start syncs what the last life left in the page cache.
  await cluster.restartMaster(1);
  expect(await stored(cluster, 'marker1')).toEqual(kept);
  await send(cluster, numbered('lost', 50));
  const { droppedBytes, cut } = await cluster.cutPower(1);
  expect(droppedBytes).toBeGreaterThan(50 * 70);
  expect(cut.map(({ file }) => file)).toContain('commit-log/0000000000000000.log');
  expect(await stored(cluster, 'marker2')).toEqual(kept);
});

test('flush async, torn: what is left is a beginning of what was sent, and some seeds leave some of it', async () => {
  await using cluster = await TestCluster.start(1, ...neverSynced);
  await createTopic(cluster.kafka(), 't', 1);
  let kept: string[] = [];
  let recoveryCuts = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const sent = [...kept, ...numbered(`s${seed}-`, 30)];
    await send(cluster, sent.slice(kept.length));
    await cluster.cutPower(1, seed);
    const { cut } = cluster.master(1).ready.recovery as { cut: { kind: string } | null };
    if (cut !== null) {
      expect(cut.kind).toBe('torn');
      recoveryCuts += 1;
    }
    const left = await stored(cluster, `marker${seed}`);
    expect(left).toEqual(sent.slice(0, left.length));
    expect(left.length).toBeGreaterThanOrEqual(kept.length);
    kept = left;
    // The next round starts from what is synced.
    await cluster.master(1).kill('SIGKILL');
    await cluster.restartMaster(1);
  }
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(6 * 30);
  expect(recoveryCuts).toBeGreaterThan(0);
});

test('flush sync: power cuts under load take nothing that was acknowledged', async () => {
  await using cluster = await TestCluster.start(1, '--flush', 'sync');
  await createTopic(cluster.kafka(), 't', 1);
  const producer = await producerOf(cluster, 0);
  const acked = new Set<string>();
  let last = 0;
  let stop = false;
  const lanes = Array.from({ length: 20 }, async () => {
    while (!stop) {
      last += 1;
      const value = `m${last}`;
      const sent = await producer.send({ topic: 't', messages: [{ value }] }).then(
        () => true,
        () => after(20).then(() => false),
      );
      if (sent) acked.add(value);
    }
  });
  for (const torn of [undefined, 1, 2, 3]) {
    const enough = acked.size + 200;
    for (let waits = 0; acked.size < enough && waits < 600; waits++) await after(50);
    expect(acked.size).toBeGreaterThanOrEqual(enough);
    await cluster.cutPower(1, torn);
  }
  stop = true;
  await Promise.all(lanes);
  await producer.disconnect();
  const found = new Set(await stored(cluster, 'marker'));
  expect([...acked].filter((value) => !found.has(value))).toEqual([]);
});

test('the name server loses nothing that it told anybody', async () => {
  await using cluster = await TestCluster.start(1);
  await createTopic(cluster.kafka(), 't', 3);
  await cluster.nameServer.kill('SIGKILL');
  expect(await runProgram('power-cut', '--folder', `${cluster.folder}/ns`)).toMatchObject({ code: 0 });
  cluster.nameServer = await cluster.nameServer.restart();
  await cluster.cutPower(1);
  expect(cluster.master(1).ready).toMatchObject({ registered: true });
  const admin = cluster.kafka().admin();
  await admin.connect();
  expect(await admin.listTopics()).toEqual(['t']);
  await admin.disconnect();
});

test('a folder in use is refused, and so is one that is not there', async () => {
  await using cluster = await TestCluster.start(1);
  const inUse = await runProgram('power-cut', '--folder', cluster.folderOf(1));
  expect(inUse).toMatchObject({ code: 4, stdout: '' });
  expect(JSON.parse(inUse.stderr)).toMatchObject({ error: 'folder-in-use' });
  const missing = await runProgram('power-cut', '--folder', `${cluster.folder}/missing`);
  expect(missing).toMatchObject({ code: 4, stdout: '' });
  expect(JSON.parse(missing.stderr)).toMatchObject({ error: 'no-folder' });
  expect(await runProgram('power-cut')).toMatchObject({ code: 2 });
});

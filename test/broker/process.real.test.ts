import { mkdtemp, readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { BrokerProcess, TestCluster } from './support/nodes.ts';

test('a second process on the same folder is refused, a killed one does not block', async () => {
  await using cluster = await TestCluster.start(1);
  const { code, stderr } = await BrokerProcess.refused(...cluster.masterArgs(1));
  expect(code).toBe(4);
  expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({ error: 'folder-in-use' });
  await cluster.master(1).kill('SIGKILL');
  expect((await readFile(path.join(cluster.folder, 'm1', 'lock'), 'utf8')).length).toBeGreaterThan(0);
  const again = await cluster.restartMaster(1);
  expect(again.ready).toMatchObject({ ready: true, registered: true, recovery: { cut: null, cleanStop: false } });
});

test('a taken port is named, and the folder is free again', async () => {
  await using cluster = await TestCluster.start(1);
  const { code, stderr } = await BrokerProcess.refused(...cluster.masterArgs(2, cluster.master(1).ready.port));
  expect(code).toBe(4);
  expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({ error: 'port-in-use' });
  await using second = await BrokerProcess.start(...cluster.masterArgs(2));
  expect(second.ready).toMatchObject({ id: 2 });
});

test.each([
  [['broker', '--id', '1', '--port', '0', '--folder', 'x']],
  [['broker', '--id', 'one', '--port', '0', '--folder', 'x', '--name-server', 'h:1']],
  [['broker', '--colour', 'red']],
  [['name-server', '--port', '70000', '--folder', 'x']],
  [['slave']],
  [[]],
])('bad flags exit 2: %j', async (args) => {
  const { code, stderr } = await BrokerProcess.refused(...args);
  expect(code).toBe(2);
  expect(JSON.parse(stderr)).toMatchObject({ error: 'bad-flag' });
});

test('SIGTERM is a clean stop that the next start reports', async () => {
  await using cluster = await TestCluster.start(1);
  expect(await cluster.master(1).kill('SIGTERM')).toBe(0);
  const again = await cluster.restartMaster(1);
  expect(again.ready.recovery).toMatchObject({ cleanStop: true });
  expect(await cluster.nameServer.kill('SIGTERM')).toBe(0);
});

test('without a name server a master serves after a bounded wait and says so', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'mqchaos-broker-'));
  try {
    const place = ['--port', '0', '--folder', path.join(folder, 'm1'), '--name-server', '127.0.0.1:9'];
    await using master = await BrokerProcess.start('broker', '--id', '1', ...place, '--name-server-wait-ms', '200');
    expect(master.ready).toMatchObject({ ready: true, registered: false });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('with --exit-with-parent a node ends when its stdin does', async () => {
  await using cluster = await TestCluster.start(0);
  await using master = await BrokerProcess.start(...cluster.masterArgs(1), '--exit-with-parent');
  expect(await master.orphan()).toBe(0);
});

test('bytes that are no protocol close the connection and nothing else', async () => {
  await using cluster = await TestCluster.start(1);
  const { port } = cluster.master(1).ready;
  const frames = [
    'GET / HTTP/1.1\r\n\r\n',
    '\0\0\0\x04\0\0\0\0',
    '\0\0\0\x0e\0\x03\0\x01\0\0\0\x01\xff\xff\x7f\xff\xff\xff',
    '\xff\xff\xff\xff',
  ];
  for (const bytes of frames) {
    await new Promise<void>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')));
      socket.on('close', () => resolve());
      socket.on('error', () => {});
    });
  }
  const admin = cluster.kafka().admin();
  await admin.connect();
  expect((await admin.describeCluster()).brokers.length).toBe(1);
  await admin.disconnect();
});

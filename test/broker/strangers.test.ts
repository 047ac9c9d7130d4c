import { expect, test } from 'vitest';
import {
  addTopics,
  changeInSync,
  lead,
  promote,
  removeTopics,
  replicate,
  tail,
  watch,
} from '../../src/broker/wire/apis/routes.ts';
import { MemoryCluster } from './support/memory-cluster.ts';

const refused = { errorCode: 31 };
const life = 'ab'.repeat(16);

test('who does not know the secret of the cluster changes nothing', async () => {
  await using cluster = await MemoryCluster.start([1, 17], {}, 'in-sync');
  await cluster.until(async () => (await cluster.partition(1)).inSync.length === 2);
  const before = cluster.routes();
  const stranger = { ...watch.request.zero, nodeId: 99, setId: 99, host: 'memory', port: 5, life };
  expect(await cluster.callAsStranger(0, watch, stranger)).toMatchObject(refused);
  expect(await cluster.callAsStranger(0, promote, { nodeId: 17 })).toMatchObject(refused);
  expect(await cluster.callAsStranger(0, removeTopics, { names: ['t'], timeoutMs: 100 })).toMatchObject(refused);
  expect(await cluster.callAsStranger(0, addTopics, addTopics.request.zero)).toMatchObject(refused);
  const leader = { id: 17, life };
  expect(await cluster.callAsStranger(0, lead, { setId: 1, leader })).toMatchObject(refused);
  const inSync = { setId: 1, epoch: 1, sequence: 9, inSync: [] };
  expect(await cluster.callAsStranger(0, changeInSync, inSync)).toMatchObject(refused);
  const deposing = { ...replicate.request.zero, setId: 1, slave: leader, epoch: 1_000_000 };
  expect(await cluster.callAsStranger(1, replicate, deposing)).toMatchObject(refused);
  expect(await cluster.callAsStranger(17, tail, { ...tail.request.zero, setId: 1 })).toMatchObject(refused);
  expect(cluster.routes()).toEqual(before);
  expect(await cluster.produce(1, 'led as before')).toBe(0);
});

test('a node of impossible ids or addresses is not registered, and leaves nothing behind', async () => {
  await using cluster = await MemoryCluster.start([1]);
  const before = cluster.routes();
  const good = { ...watch.request.zero, nodeId: 2, setId: 2, host: 'memory', port: 1002, life };
  for (const wrong of [{ setId: -7 }, { nodeId: -1 }, { nodeId: 8192 }, { port: 0 }, { host: '' }]) {
    const answer = await cluster.call(0, watch, { ...good, ...wrong });
    expect(answer).toMatchObject({ errorCode: 42, routes: null });
  }
  expect(cluster.routes()).toEqual(before);
});

test('a member that asks for what cannot be is refused, and the node goes on', async () => {
  await using cluster = await MemoryCluster.start([1, 17], {}, 'in-sync');
  await cluster.until(async () => (await cluster.partition(1)).inSync.length === 2);
  for (let at = 0; at < 3; at++) expect(await cluster.produce(1, `m${at}`)).toBe(0);
  const { inSync = [], epoch = 0 } = cluster.routes().sets[0] ?? {};
  const doubled = { setId: 1, epoch, sequence: 99, inSync: [...inSync, ...inSync] };
  expect(await cluster.call(0, changeInSync, doubled)).toMatchObject({ errorCode: 42 });
  // No entry begins there.
  const odd = { setId: 1, lastEpoch: epoch, end: 50, maxBytes: 2 ** 31 - 1 };
  expect(await cluster.call(17, tail, odd)).toMatchObject({ errorCode: 56 });
  expect(await cluster.call(17, tail, { ...odd, end: -9 })).toMatchObject({ errorCode: 56 });
  const slave = { id: 17, life: inSync.find(({ id }) => id === 17)?.life ?? '' };
  const pull = { ...replicate.request.zero, setId: 1, slave, epoch, lastEpoch: epoch, end: 50, waitMs: 2 ** 31 - 1 };
  expect(await cluster.call(1, replicate, pull)).toMatchObject({ errorCode: 56 });
  expect(await cluster.produce(1, 'led as before')).toBe(0);
});

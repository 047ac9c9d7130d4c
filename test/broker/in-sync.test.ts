import { expect, test } from 'vitest';
import { InSync } from '../../src/broker/replication/in-sync.ts';
import type { Routing } from '../../src/broker/routes/routing.ts';
import { changeInSync } from '../../src/broker/wire/apis/routes.ts';
import { ManualClock, MemoryDisk, memoryWorld, settled } from './support/memory-world.ts';
import { append, openStore } from './support/stores.ts';

const [leader, slave] = [
  { id: 1, life: 'one' },
  { id: 17, life: 'two' },
];

/** A leader with one in-sync slave, whose requests the name server leaves unanswered until told. */
async function start() {
  const clock = new ManualClock();
  const disk = new MemoryDisk();
  const store = await openStore({ disk, clock, epoch: 1, replication: 'sync' });
  const listening: (() => void)[] = [];
  const asked: { inSync: readonly { id: number }[]; answer: (errorCode: number) => void }[] = [];
  const replicas = [leader, slave].map(({ id }) => ({ id, host: 'memory', port: 1000 + id }));
  const routing = {
    routes: { version: 1 },
    set: { id: 1, leader: leader.id, epoch: 1, life: leader.life, replicas, inSync: [leader, slave] },
    onChange: (callback: () => void) => {
      listening.push(callback);
      return () => {};
    },
    until: async (condition: () => boolean) => condition(),
    ask: (_api: unknown, { inSync }: { inSync: readonly { id: number }[] }) =>
      new Promise((resolve) => {
        asked.push({
          inSync,
          answer: (errorCode) => resolve({ ...changeInSync.response.zero, errorCode, version: routing.routes.version }),
        });
      }),
  };
  const settings = { set: 1, secret: '', replication: 'sync', flush: 'async', replicaLagMs: 1000 } as const;
  const world = memoryWorld(undefined, disk, clock);
  const inSync = new InSync({ world, settings, store, routing: routing as unknown as Routing, self: leader }, 1);
  const pull = () => inSync.pulled(slave, store.log.end);
  pull();
  return { clock, store, asked, pull };
}

test('while the last slave is being let go, nothing counts for its sake that is not synced here', async () => {
  const { clock, store, asked, pull } = await start();
  await append(store, 0, { payload: 'a' });
  pull();
  expect(store.protection.position).toBe(store.log.end);
  expect(store.log.synced).toBe(0);
  await append(store, 0, { payload: 'b' });
  await clock.pass(2000);
  expect(asked.map(({ inSync }) => inSync.map(({ id }) => id))).toEqual([[leader.id]]);
  expect(store.log.synced).toBe(store.log.end);
  const unsynced: number[] = [];
  store.protection.onAdvance((position) => {
    if (position > store.log.synced) unsynced.push(position);
  });
  // It is back, and confirms what came since; but the name server may be writing down that it does not count.
  await append(store, 0, { payload: 'c' });
  pull();
  await settled();
  expect(store.protection.position).toBe(store.log.end);
  expect(unsynced).toEqual([]);
});

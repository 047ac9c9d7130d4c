import { expect, test } from 'vitest';
import { ManualClock, settled } from '../support/memory-world.ts';
import { append, openStore, payloads, topic } from '../support/stores.ts';

const aMinuteMs = 60_000;

test('replication sync: consumers and acks=all wait for the slaves, acks=1 does not', async () => {
  await using store = await openStore({ replication: 'sync' });
  const { protection } = store;
  const first = await append(store, 0, { payload: 'first' });
  const second = await append(store, 0, { payload: 'second' });
  expect(await protection.reached(second.end, 'flushed', aMinuteMs)).toBe('reached');
  expect(await payloads(store, 0)).toEqual([]);
  const outcomes: string[] = [];
  for (const [name, { end }] of Object.entries({ first, second })) {
    void protection.reached(end, 'protected', aMinuteMs).then((outcome) => outcomes.push(`${name} ${outcome}`));
  }
  const woken = new Promise<void>((resolve) => store.partition(topic, 0).onChange(resolve));
  protection.replicated(first.end, 2);
  await woken;
  await settled();
  expect(outcomes).toEqual(['first reached']);
  expect(await payloads(store, 0)).toEqual(['first']);
  // Slaves cannot have what is not here, and what was protected stays so.
  protection.replicated(second.end + 999, 2);
  expect(protection.position).toBe(second.end);
  protection.replicated(0, 1);
  expect(protection.position).toBe(second.end);
  expect(await payloads(store, 0)).toEqual(['first', 'second']);
});

test('flush sync and replication sync: the later of both decides', async () => {
  await using store = await openStore({ flush: 'sync', replication: 'sync' });
  const { end } = await append(store, 0);
  await settled();
  expect(store.protection.flushed).toBe(end);
  expect(store.protection.position).toBe(0);
  store.protection.replicated(end, 2);
  expect(store.protection.position).toBe(end);
});

test('who waits too long is told so, and those behind him go on waiting', async () => {
  const clock = new ManualClock();
  await using store = await openStore({ clock, replication: 'sync' });
  const { end } = await append(store, 0);
  const outcomes: string[] = [];
  const wait = (timeoutMs: number) =>
    store.protection.reached(end, 'protected', timeoutMs).then((outcome) => outcomes.push(`${timeoutMs} ${outcome}`));
  void wait(1000);
  void wait(9000);
  await clock.pass(2000);
  expect(outcomes).toEqual(['1000 late']);
  store.protection.replicated(end, 2);
  await settled();
  expect(outcomes).toEqual(['1000 late', '9000 reached']);
});

test('a loss of leadership interrupts who waits, wakes readers and refuses appends', async () => {
  await using store = await openStore({ replication: 'sync' });
  const { end } = await append(store, 0);
  const waiting = store.protection.reached(end, 'protected', aMinuteMs);
  const woken = new Promise<void>((resolve) => store.partition(topic, 0).onChange(resolve));
  await store.log.endEpoch();
  store.protection.interrupt('another node leads');
  expect(await waiting).toBe('interrupted');
  await woken;
  expect(await store.protection.reached(end, 'protected', aMinuteMs)).toBe('interrupted');
  await expect(append(store, 0)).rejects.toMatchObject({ code: 'not-leading' });
  store.log.beginEpoch(4);
  expect((await append(store, 0)).baseOffset).toBe(1);
});

test('what an earlier leadership may have shown makes "the latest" unknown until it is protected again', async () => {
  await using store = await openStore({ replication: 'sync' });
  expect(store.protection.settled).toBe(true);
  const { end } = await append(store, 0);
  expect(store.protection.settled).toBe(true);
  await store.log.endEpoch();
  store.log.beginEpoch(1);
  expect(store.protection.settled).toBe(false);
  store.protection.replicated(end, 2);
  expect(store.protection.settled).toBe(true);
});

test('with slaves far behind little is remembered of what is not shown, and the steps are never too long', async () => {
  await using store = await openStore({ replication: 'sync' });
  const ends: number[] = [];
  for (let index = 0; index < 1000; index++) ends.push((await append(store, 0)).end);
  for (const [index, end] of ends.entries()) {
    store.protection.replicated(end, 2);
    expect(store.partition(topic, 0).highWatermark).toBeLessThanOrEqual(index + 1);
  }
  expect(store.partition(topic, 0).highWatermark).toBe(1000);
});

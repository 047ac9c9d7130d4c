import { expect, test } from 'vitest';
import { Registry } from '../../src/broker/name-server/registry.ts';
import { Membership } from '../../src/broker/replication/membership.ts';
import { connectPeer } from '../../src/broker/rpc/peer.ts';
import { Serial } from '../../src/broker/serial.ts';
import { sleep, wokenWithin } from '../../src/broker/waiting.ts';
import { watch } from '../../src/broker/wire/apis/routes.ts';
import type { Stream } from '../../src/broker/world/world.ts';
import { ManualClock, MemoryDisk, memoryNetwork, memoryWorld, settled } from './support/memory-world.ts';

test('pieces of work run one after the other, and one that fails holds up nobody', async () => {
  const serial = new Serial();
  const steps: string[] = [];
  const work = (name: string) => async () => {
    steps.push(`${name} begins`);
    await settled();
    steps.push(`${name} ends`);
    if (name === 'one') throw new Error(name);
  };
  const one = serial.run(work('one'));
  const two = serial.run(work('two'));
  await expect(one).rejects.toThrow('one');
  await two;
  await serial.idle();
  expect(steps).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
});

test('a wait ends when it is woken or when the time is over, and undoes what it registered', async () => {
  const clock = new ManualClock();
  const told: string[] = [];
  let wake = () => {};
  const register = (waking: () => void) => {
    wake = waking;
    return () => told.push('undone');
  };
  void wokenWithin(clock, 1000, register).then(() => told.push('over'));
  wake();
  await settled();
  void wokenWithin(clock, 1000, register).then(() => told.push('over'));
  void sleep(clock, 2000).then(() => told.push('awake'));
  await clock.pass(1000);
  expect(told).toEqual(['undone', 'over', 'undone', 'over']);
  await clock.pass(1000);
  expect(told.at(-1)).toBe('awake');
});

test('two who confirm a membership at the same time share one write', async () => {
  const disk = new MemoryDisk();
  const membership = await Membership.open(disk);
  await Promise.all([membership.confirm(), membership.confirm()]);
  expect(membership.isBlank).toBe(false);
  expect([...disk.files.keys()]).toEqual(['member']);
  expect(disk.syncs).toBe(1);
});

test('a registry that is disposed of finishes what it writes, and writes nothing any more', async () => {
  const disk = new MemoryDisk();
  const registry = await Registry.open(memoryWorld(undefined, disk));
  const written = registry.register(1, { id: 1, host: 'memory', port: 1001 });
  await settled();
  const late = registry.register(2, { id: 2, host: 'memory', port: 1002 }).catch((error: Error) => error.message);
  await registry[Symbol.asyncDispose]();
  await written;
  const { syncs } = disk;
  await expect(registry.removeTopics(['orders'])).rejects.toThrow('stopping');
  await late;
  expect(disk.syncs).toBe(syncs);
});

test('a signal ends a call to another node, an attempt to connect, and every later one', async () => {
  const network = memoryNetwork();
  const world = memoryWorld(network);
  const accepted: Stream[] = [];
  const { port } = await network.listen('memory', 0, (stream) => accepted.push(stream));
  const stopping = new AbortController();
  const peer = await connectPeer(world, 'memory', port, 1000, { signal: stopping.signal });
  const call = peer.call(watch, watch.request.zero, 60_000);
  let closed = false;
  const late: Stream = {
    peer: 'late',
    receive: () => {},
    write: () => {},
    congested: () => undefined,
    pause: () => {},
    resume: () => {},
    close: () => {
      closed = true;
    },
  };
  let arrive = (_: Stream) => {};
  const slow = {
    ...world,
    network: { ...network, connect: () => new Promise<Stream>((resolve) => (arrive = resolve)) },
  };
  const attempt = connectPeer(slow, 'memory', port, 1000, { signal: stopping.signal });
  stopping.abort();
  await expect(call).rejects.toThrow('stopping');
  await expect(attempt).rejects.toThrow('stopping');
  arrive(late);
  await settled();
  expect(closed).toBe(true);
  await expect(connectPeer(world, 'memory', port, 1000, { signal: stopping.signal })).rejects.toThrow('stopping');
});

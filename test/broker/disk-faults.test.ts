import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readCommands } from '../../src/broker/commands.ts';
import { type DiskRule, parseDiskRule } from '../../src/broker/world/disk-rule.ts';
import { FaultyDisk } from '../../src/broker/world/faulty-disk.ts';
import { MemoryDisk, memoryWorld } from './support/memory-world.ts';

function disks(): { below: MemoryDisk; disk: FaultyDisk } {
  const below = new MemoryDisk();
  return { below, disk: new FaultyDisk(below, memoryWorld().clock) };
}

const some = Buffer.from('0123456789');

describe('a faulty disk', () => {
  test('fails what it is told to fail, as an operating system does, and nothing else', async () => {
    const { below, disk } = disks();
    const file = await disk.open('log');
    await file.write(some, 0);
    disk.obey({ fail: 'EIO', on: ['sync'] });
    await expect(file.sync()).rejects.toMatchObject({ code: 'EIO', errno: -5, syscall: 'fdatasync' });
    await expect(disk.syncFolder('.')).rejects.toMatchObject({ code: 'EIO', syscall: 'fsync' });
    await file.write(some, 10);
    disk.obey({ fail: 'EIO', on: ['write', 'read'] });
    await expect(file.write(some, 20)).rejects.toMatchObject({ code: 'EIO', errno: -5, syscall: 'write' });
    await expect(file.read(0, 10)).rejects.toMatchObject({ code: 'EIO', syscall: 'read' });
    await file.sync();
    expect(below.files.get('log')?.length).toBe(20);
    disk.obey({});
    await file.write(some, 20);
    expect((await file.read(20, 10)).toString()).toBe('0123456789');
  });

  test('that fills up takes a part of the write that fills it, and nothing of those behind it', async () => {
    const { below, disk } = disks();
    const file = await disk.open('log');
    disk.obey({ fail: 'ENOSPC', on: ['write'] });
    await expect(file.write(some, 0)).rejects.toMatchObject({ code: 'ENOSPC', errno: -28, syscall: 'write' });
    expect(below.files.get('log')?.toString()).toBe('01234');
    await expect(file.write(some, 5)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(below.files.get('log')?.toString()).toBe('01234');
  });

  test('that is slow syncs late', async () => {
    const { disk } = disks();
    const file = await disk.open('log');
    disk.obey({ syncDelayMs: 50 });
    const began = performance.now();
    await file.sync();
    expect(performance.now() - began).toBeGreaterThanOrEqual(49);
  });
});

describe('rules', () => {
  test.each<[unknown, DiskRule]>([
    [null, {}],
    [
      { fail: 'EIO', on: ['write', 'sync'] },
      { fail: 'EIO', on: ['write', 'sync'] },
    ],
    [{ syncDelayMs: 500 }, { syncDelayMs: 500 }],
    [
      { fail: 'ENOSPC', on: ['read'], syncDelayMs: 0 },
      { fail: 'ENOSPC', on: ['read'], syncDelayMs: 0 },
    ],
  ])('%j', (value, rule) => expect(parseDiskRule(value)).toEqual(rule));

  test.each([
    undefined,
    'slow',
    [],
    {},
    { fail: 'EIO' },
    { on: ['write'] },
    { fail: 'EPERM', on: ['write'] },
    { fail: 'EIO', on: [] },
    { fail: 'EIO', on: 'write' },
    { fail: 'EIO', on: ['rename'] },
    { syncDelayMs: -1 },
    { syncDelayMs: '5' },
    { syncDelayMs: 5, colour: 'red' },
  ])('%j is refused', (value) => {
    expect(() => parseDiskRule(value)).toThrow(expect.objectContaining({ code: 'bad-command' }));
  });
});

test('commands are lines, whole or in pieces, each answered; the end of the input is told', async () => {
  const input = new PassThrough();
  const answers: unknown[] = [];
  const done: unknown[] = [];
  const reading = readCommands(input, (line) => answers.push(JSON.parse(line)), {
    disk: (rule) => {
      done.push(parseDiskRule(rule));
      return {};
    },
    status: () => ({ groups: [] }),
  });
  input.write('{"id":1,"disk":null}\n\n{"id":"two","di');
  input.write('sk":{"syncDelayMs":5}}\n{"id":3,"disk":5}\n{"id":4,"disk":null,"more":1}\nnull\n');
  input.write('{"id":7,"status":null}\n');
  input.end('{"id":5,"toString":1}\n{"id":6,"disk":null}');
  await reading;
  const refused = { error: 'bad-command', message: expect.any(String), hint: expect.any(String) };
  expect(answers).toEqual([
    { id: 1, done: true },
    { id: 'two', done: true },
    { id: 3, ...refused },
    { id: 4, ...refused },
    { id: null, ...refused },
    { id: 7, done: true, groups: [] },
    { id: 5, ...refused },
  ]);
  expect(done).toEqual([{}, { syncDelayMs: 5 }]);
});

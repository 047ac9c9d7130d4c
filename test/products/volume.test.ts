import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { decodePlan, encodePlan } from '../../src/plan/encode.ts';
import { takenBy } from '../../src/plan/taken.ts';
import { clusterPlanSchema } from '../../src/products/formats.ts';
import { nodesOf, products, usualCluster } from '../../src/products/registry.ts';
import { errorsOf, load, small } from '../profile/written.ts';

function planOf(cluster: string) {
  return compilePlan(load(small('', cluster)), 7);
}

describe('in a profile and a plan', () => {
  test.each([
    ['fuse', { kind: 'fuse', writeBack: 'worst case', checkpoint: true }],
    ['{ kind: fuse, writeBack: 30s, checkpoint: false }', { kind: 'fuse', writeBack: '30s', checkpoint: false }],
    ['ext4', { kind: 'ext4', sizeBytes: 2 ** 31, checkpoint: true }],
    ['{ kind: ext4, size: 64MiB }', { kind: 'ext4', sizeBytes: 2 ** 26, checkpoint: true }],
    ['none', undefined],
    ['{ kind: none }', undefined],
  ])('volume: %s', (written, volume) => {
    const plan = planOf(`{ broker: redis, volume: ${written} }`);
    expect(plan.cluster.volume).toEqual(volume);
    expect(decodePlan(encodePlan(plan), 'plan.json')).toEqual(plan);
  });

  test.each(products)('plans of before, of $name, have none', (product) => {
    const before = JSON.parse(JSON.stringify(usualCluster(product)));
    expect(clusterPlanSchema.parse(before)).toEqual(before);
  });

  test('it is kept when a profile is put on another broker', () => {
    const text = small('', '{ broker: bundled, volume: ext4 }');
    for (const { name } of products) expect(load(text, { broker: name }).cluster.volume?.kind).toBe('ext4');
  });

  test.each([
    ['{ broker: redis, volume: lazyfs }', "cluster.volume: expected 'fuse', 'ext4', 'none', or a map with kind"],
    ['{ broker: redis, volume: { kind: ext4, writeBack: 30s } }', "volume.writeBack: goes with 'kind: fuse' only"],
    ['{ broker: redis, volume: { kind: fuse, size: 1GiB } }', "volume.size: goes with 'kind: ext4' only"],
    [
      '{ broker: redis, volume: { kind: none, checkpoint: true } }',
      "volume.checkpoint: goes with 'kind: fuse' or 'ext4' only",
    ],
    ['{ broker: redis, volume: { kind: ext4, size: 1MiB } }', 'volume.size: expected a size from 64MiB to 1024GiB'],
    ["{ broker: redis, attach: 'localhost:6379', volume: fuse }", "volume: does not go with 'attach'"],
  ])('%s is refused', (cluster, message) => {
    expect(errorsOf(small('', cluster)).join()).toContain(message);
  });
});

describe('what can be done to nodes with one', () => {
  test.each(products)('of $name: each that holds messages, and no other', ({ name }) => {
    const { cluster } = planOf(`{ broker: ${name}, volume: fuse }`);
    for (const { role, controls } of nodesOf(cluster)) {
      const able = ['cutPower', 'disk', 'damage'].every((control) => (controls as readonly string[]).includes(control));
      expect([role, able]).toEqual([role, role === 'master' || role === 'slave' || role === 'node']);
    }
  });

  const refusals: readonly (readonly [volume: string, fault: string, message: string | undefined])[] = [
    ['none', 'do: power-loss', "set cluster.volume to 'fuse' or 'ext4'"],
    ['none', 'do: disk-corrupt', "set cluster.volume to 'fuse' or 'ext4'"],
    ['ext4', 'do: power-loss', undefined],
    ['ext4', 'do: power-loss, torn: true', 'ext4 does not tell'],
    ['ext4', 'do: disk-fail', undefined],
    ['ext4', 'do: disk-fail, on: [sync]', 'leave out on, or'],
    ['ext4', "do: disk-fail, path: '*.log'", 'leave out path and requests, or'],
    ['ext4', 'do: disk-full, requests: 3', 'leave out path and requests, or'],
    ['ext4', 'do: disk-read-only', undefined],
    ['ext4', 'do: disk-slow', 'as fast as the disk below it'],
    ['ext4', 'do: disk-hang', 'frozen by writing all out first'],
    ['ext4', 'do: disk-corrupt', undefined],
    ['fuse', 'do: power-loss, torn: true', undefined],
    ['fuse', "do: disk-hang, on: [read], path: '**/*.aof', requests: 3", undefined],
    ['fuse', 'do: disk-corrupt, damage: torn-page, places: 3', undefined],
  ];
  test.each(refusals)('on %s, %s: %s', (volume, fault, message) => {
    const faults = `faults:\n  - { at: 1s, ${fault}, target: r1, for: 1s }\n`;
    const text = small(faults, `{ broker: redis, volume: ${volume} }`);
    if (message === undefined) expect(load(text).faults).toHaveLength(1);
    else expect(errorsOf(text).join()).toContain(message);
  });

  test.each([
    ['do: disk-hang', "by this broker's own account"],
    ['do: disk-read-only', "by this broker's own account"],
    ['do: disk-slow, on: [write]', "by this broker's own account"],
    ['do: disk-fail, on: [read]', "by this broker's own account"],
    ['do: disk-fail, requests: 1', "by this broker's own account"],
  ])('by the account that a broker keeps itself, %s is refused', (fault, message) => {
    const faults = `faults:\n  - { at: 1s, ${fault}, target: b1, for: 1s }\n`;
    expect(errorsOf(small(faults, '{ broker: bundled }')).join()).toContain(message);
    expect(load(small(faults, '{ broker: bundled, volume: fuse }')).faults).toHaveLength(1);
  });

  test('the disk of a master that only its slave could fill again is not lost on a volume', () => {
    const faults = 'faults:\n  - { at: 1s, do: disk-loss, target: b1, for: 1s }\n';
    const text = (volume: string) => small(faults, `{ broker: rocketmq, slaves: 1, volume: ${volume} }`);
    expect(errorsOf(text('fuse')).join()).toContain('set controller to true');
    expect(load(text('none')).faults).toHaveLength(1);
  });
});

test('without a checkpoint a power cut takes all: the queue itself may not be on the disk', () => {
  const cut = { do: 'power-loss' } as const;
  const taken = (volume: string) => takenBy(cut, planOf(`{ broker: redis, volume: ${volume} }`).cluster);
  expect([taken('fuse'), taken('{ kind: fuse, checkpoint: false }'), taken('none')]).toEqual([
    'unsynced',
    'all',
    'unsynced',
  ]);
});

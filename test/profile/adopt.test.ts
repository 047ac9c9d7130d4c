/** `--broker`: a profile of another broker, put on a product with that product's defaults. */
import { describe, expect, it, test } from 'vitest';
import { products } from '../../src/products/registry.ts';
import { loadProfile } from '../../src/profile/load.ts';
import { namesIn } from '../../src/profile/targets.ts';
import { errorsOf, load, small } from './written.ts';

const others = products.filter(({ layout }) => layout !== undefined);

describe.each(others)('quick on $name', ({ name, can }) => {
  const profile = loadProfile('quick', { env: {}, broker: name });

  it('is a whole profile of that broker', () => {
    expect(profile.cluster.broker).toBe(name);
    expect(profile.cluster.attach).toBeUndefined();
    expect(namesIn(profile).brokers.length).toBeGreaterThan(0);
  });

  it('has partitions where the broker has them', () => {
    expect(profile.topic.partitions).toBe(can.partitions === undefined ? undefined : 8);
  });

  it('waits for the broker as long as is usual there', () => {
    expect(profile.expect.recovery).toBe(Math.max(10_000, can.recoveryMs));
  });

  it('can be changed by --set, which comes after it', () => {
    const set = ['producers.retries=7', 'expect.recovery=<3s'];
    expect(loadProfile('quick', { env: {}, broker: name, set })).toMatchObject({
      producers: { retries: 7 },
      expect: { recovery: 3000 },
    });
  });
});

test('names of nodes become those of the nodes in their place', () => {
  const targets = (broker: string): unknown[] =>
    loadProfile('several-masters', { env: {}, broker }).faults.map(({ target }) => target);
  expect(targets('bundled')).toEqual(['b1']);
  expect(targets('redis')).toEqual(['r1']);
  expect(targets('rocketmq')).toEqual(['b1']);
});

test('a key that means nothing on a broker is refused by its name, with its place', () => {
  expect(() => loadProfile('sync-replication', { env: {}, broker: 'nats' })).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: expect.stringMatching(/^profiles\/sync-replication\.yaml:\d+:\d+ /),
    }),
  );
});

test('an unknown broker is a usage error', () => {
  expect(() => loadProfile('quick', { env: {}, broker: 'carrot' })).toThrow(
    expect.objectContaining({ code: 'unknown-broker', exitCode: 2 }),
  );
});

test('a key of another broker is told whose it is', () => {
  const broken = { env: {}, broker: 'redis', set: ['cluster.masters=2'] };
  expect(() => loadProfile('quick', broken)).toThrow(
    /cluster\.masters: unknown key; it goes with broker: bundled or rocketmq/,
  );
});

test('a point that only consumers of copies come to is refused where the broker redelivers', () => {
  expect(() => loadProfile('dead-letter', { env: {}, broker: 'redis' })).toThrow(
    /'before move' is a point of consumers/,
  );
});

describe('what a key of another broker becomes', () => {
  const clusterOn = (broker: string, cluster: string) => load(small('', cluster), { broker }).cluster;

  it('a flush before the answer is an append-only file that is synced always', () => {
    expect(clusterOn('redis', '{ broker: bundled, flush: sync, slaves: 1 }')).toMatchObject({
      ...{ fsync: 'always', replicas: 1 },
    });
    expect(clusterOn('redis', '{ broker: bundled, flush: async }')).toMatchObject({ fsync: 'everysec' });
  });

  it('where the other broker is installed is left out', () => {
    const kafka = '{ broker: kafka, home: /opt/kafka, nodes: 3 }';
    expect(clusterOn('rocketmq', kafka)).not.toHaveProperty('home');
    expect(clusterOn('redis', kafka)).toMatchObject({ broker: 'redis', replicas: 0 });
  });

  it('a cluster that is there already is not left for another', () => {
    const there = small('', '{ broker: kafka, attach: [127.0.0.1:9092] }');
    expect(errorsOf(there, { broker: 'redis' })).toEqual([
      expect.stringMatching(/^profile\.yaml:4:\d+ cluster\.attach: names a cluster that is there already/),
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../../src/plan/compile.ts';
import type { Undertaking } from '../../../src/plan/threats.ts';
import type { ClusterPlan } from '../../../src/products/cluster.ts';
import { consumerOf, streamsOf } from '../../../src/products/nats/client/streams.ts';
import { nats } from '../../../src/products/nats/product.ts';
import type { NatsCluster, NatsPlan } from '../../../src/products/nats/settings.ts';
import { parseProfile } from './support/profile.ts';

function settings(keys: Readonly<Record<string, unknown>> = {}): NatsCluster {
  return nats.format.profile.parse({ broker: 'nats', ...keys }) as NatsCluster;
}

function planOf(keys: Readonly<Record<string, unknown>> = {}): NatsPlan {
  return nats.format.compile(settings(keys));
}

function told(keys: Readonly<Record<string, unknown>>): Record<string, string> {
  const said: Record<string, string> = {};
  nats.format.check?.(
    settings(keys),
    (key) => key in keys,
    (key, message) => {
      said[key] = message;
    },
  );
  return said;
}

describe('the format', () => {
  test('one server, and what it has by default', () => {
    expect(planOf()).toEqual({
      ...{ broker: 'nats', nodes: 1, ackWaitMs: 5_000, confirmedAck: true, duplicateWindowMs: 120_000 },
    });
    expect(nats.format.plan.parse({ broker: 'nats' })).toEqual(planOf());
  });

  test.each([2, 4, 0, '3'])('nodes: %j is none', (nodes) => {
    expect(() => settings({ nodes })).toThrow('expected 1, 3 or 5');
  });

  test.each([
    ['always', 'always'],
    ['10s', 10_000],
  ])('syncInterval: %s', (written, is) => {
    expect(planOf({ syncInterval: written }).syncInterval).toBe(is);
  });

  test.each(['never', '0s', '25h', '10'])('syncInterval: %s is none', (syncInterval) => {
    expect(() => settings({ syncInterval })).toThrow("expected 'always', or a duration");
  });

  test('keys of servers that are there already, and of those that are started, do not go together', () => {
    expect(told({})).toEqual({});
    expect(Object.keys(told({ tls: {}, control: [] }))).toEqual(['control', 'tls']);
    const attach = ['127.0.0.1:4222'];
    expect(Object.keys(told({ attach, nodes: 3, home: '/opt/nats', syncInterval: '1s' }))).toEqual([
      ...['nodes', 'syncInterval', 'home'],
    ]);
    expect(told({ attach, ackWait: '1s', confirmedAck: false })).toEqual({});
  });

  test('a plan holds no secret', () => {
    const login = { username: 'alice', password: 'secret' };
    const written = { broker: 'nats', attach: ['127.0.0.1:4222'], control: [], login };
    expect(() => nats.format.plan.parse(written)).toThrow('a plan holds no secret');
  });
});

describe('the layout', () => {
  const ports = (): (() => number) => {
    let next = 5_000;
    return () => next++;
  };
  const layout = (keys: Readonly<Record<string, unknown>>) =>
    nats.layout?.({ cluster: planOf(keys), folder: '/run', port: ports(), programs: { 'nats-server': '/bin/nats' } }) ??
    [];

  test('a server listens on 127.0.0.1 alone, and keeps everything in its folder', () => {
    const [node, ...others] = layout({});
    expect(others).toEqual([]);
    expect(node).toMatchObject({
      ...{
        id: 'n1',
        role: 'node',
        folder: '/run/n1',
        command: '/bin/nats',
        args: ['-c', 'nats.conf'],
        ready: 'driver',
      },
      volume: { data: ['data'] },
    });
    const text = node?.files?.[0]?.text ?? '';
    expect(text).toContain('store_dir: "/run/n1/data"');
    expect(text).not.toContain('cluster {');
    expect(text).not.toContain('sync_interval');
    for (const [, host] of text.matchAll(/"(.*?):\d+"/g)) expect(host).toBe('127.0.0.1');
  });

  test('three servers know each other, and each address is given once', () => {
    const nodes = layout({ nodes: 3, syncInterval: '10s' });
    expect(nodes.map(({ id }) => id)).toEqual(['n1', 'n2', 'n3']);
    const addresses = nodes.flatMap(({ address, addresses: others }) => [address, ...Object.values(others ?? {})]);
    expect(new Set(addresses).size).toBe(9);
    for (const { files } of nodes) {
      for (const { addresses: others } of nodes) expect(files?.[0]?.text).toContain(`nats://${others?.cluster}`);
      expect(files?.[0]?.text).toContain('sync_interval: "10000ms"');
    }
  });

  test('syncInterval needs a server that knows it', () => {
    const least = (keys: Readonly<Record<string, unknown>>) => nats.programs?.(planOf(keys))[0];
    expect(least({})?.version?.least).toBe('2.9.0');
    expect(least({ syncInterval: 'always' })).toMatchObject({
      version: { least: '2.10.0' },
      install: expect.stringContaining('cluster.syncInterval'),
    });
    expect(least({})?.version?.pattern.exec('nats-server: v2.9.10\n')?.[1]).toBe('2.9.10');
  });
});

describe('a channel', () => {
  const channel = { name: 'orders', groups: ['g1'], partitions: 2 };

  test('is a stream a partition, with three replicas where there are three servers', () => {
    expect(streamsOf(channel, planOf()).map(({ name, num_replicas }) => [name, num_replicas])).toEqual([
      ['orders-0', 1],
      ['orders-1', 1],
    ]);
    expect(streamsOf(channel, planOf({ nodes: 5 }))[0]?.num_replicas).toBe(3);
    expect(streamsOf({ ...channel, replication: 1 }, planOf({ nodes: 3 }))[0]?.num_replicas).toBe(1);
    const attach = ['a:1', 'b:1', 'c:1'];
    expect(streamsOf(channel, planOf({ attach }))[0]?.num_replicas).toBe(3);
  });

  test('keeps what servers say of messages that were delivered too often, from before the first', () => {
    const redelivery = { attempts: 3, delayMs: 100, deadLetter: true };
    const [first, ...streams] = streamsOf({ ...channel, redelivery }, planOf());
    expect(first).toMatchObject({ name: 'orders-dead' });
    expect(first?.subjects).toEqual([0, 1].map((i) => `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.orders-${i}.>`));
    expect(streams).toHaveLength(2);
    expect(streamsOf({ ...channel, redelivery: { ...redelivery, deadLetter: false } }, planOf())).toHaveLength(2);
  });

  test('is delivered as often as was asked for, by default without end', () => {
    expect(consumerOf(channel, 'g1', planOf())).toMatchObject({ durable_name: 'g1', max_deliver: -1 });
    const redelivery = { attempts: 3, delayMs: 100, deadLetter: true };
    expect(consumerOf({ ...channel, redelivery }, 'g1', planOf({ ackWait: '2s' }))).toMatchObject({
      ...{ max_deliver: 4, ack_wait: 2_000_000_000 },
    });
  });
});

describe('the contract', () => {
  const storage = (cluster: string, faults: readonly string[], topic = '') => {
    const plan = compilePlan(
      parseProfile(
        `cluster: { broker: nats, ${cluster} }\n${topic}\nfaults:\n${faults.map((each) => `  - { at: 10%, ${each} }`).join('\n')}\n`,
      ),
      1,
    );
    return nats.contract.storage(plan as Undertaking, 'acked');
  };

  test.each([
    ['nodes: 1', ['do: kill, target: n1, for: 1s']],
    ['nodes: 3', ['do: kill, target: all, for: 1s']],
    ['nodes: 3', ['do: pause, target: n1, for: 1s', 'do: kill, target: n2, for: 1s', 'do: stop, target: n3, for: 1s']],
    ['nodes: 3', ['do: disk-loss, target: n1, for: 1s']],
    ['nodes: 3', ['do: disk-loss, target: leader of 0, for: 1s']],
    ['nodes: 5', ['do: disk-loss, target: n1, for: 1s']],
  ])('%s and %j lose nothing', (cluster, faults) => {
    expect(storage(cluster, faults)).toMatchObject({ loses: false });
  });

  test.each([
    ['nodes: 1', ['do: disk-loss, target: n1, for: 1s'], ''],
    ['nodes: 3', ['do: disk-loss, target: n2, for: 1s'], 'topic: { replication: 1 }'],
    ['nodes: 3', ['do: disk-loss, target: [n1, n2], for: 1s'], ''],
    ['nodes: 3', ['do: disk-loss, target: n1, for: 1s', 'do: pause, target: n2, for: 1s'], ''],
    ['nodes: 3', ['do: disk-loss, target: leader of 0, for: 1s', 'do: kill, target: leader of 0, for: 1s'], ''],
  ])('%s and %j may lose', (cluster, faults, topic) => {
    const { loses, because } = storage(cluster, faults, topic);
    expect(loses).toBe(true);
    expect(because).toContain('loss of the disk');
  });

  test('nothing is known of servers that are attached', () => {
    const cluster: ClusterPlan = planOf({ attach: ['127.0.0.1:4222'] });
    const plan = { cluster, topic: {}, faults: [] } as unknown as Undertaking;
    expect(nats.contract.storage(plan, 'acked').loses).toBe(false);
  });
});

/** Settings, layout and contract: nothing is started. */
import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../../src/plan/compile.ts';
import type { FaultPlan } from '../../../src/plan/plan.ts';
import { durability, idleReplicas } from '../../../src/products/redis/durability.ts';
import { redisLayout } from '../../../src/products/redis/layout.ts';
import { redisNodes } from '../../../src/products/redis/nodes.ts';
import { redis } from '../../../src/products/redis/product.ts';
import type { RedisPlan } from '../../../src/products/redis/settings.ts';
import { loadProfile } from '../../../src/profile/load.ts';
import { redisSettings } from '../../support/redis.ts';

/** What the format says of a cluster; undefined: nothing. */
function told(cluster: Record<string, unknown>): Record<string, string> {
  const found: Record<string, string> = {};
  const parsed = redis.format.profile.parse({ broker: 'redis', ...cluster });
  redis.format.check?.(
    parsed as never,
    (key) => key in cluster,
    (key, message) => {
      found[key] = message;
    },
  );
  return found;
}

describe('settings', () => {
  test('defaults, and what a plan makes of them', () => {
    expect(redisSettings()).toEqual({ broker: 'redis', replicas: 0, fsync: 'always', wait: 0 });
  });

  test('keys that do not go together are told by name', () => {
    expect(told({})).toEqual({});
    expect(told({ replicas: 1, wait: 1 })).toEqual({});
    expect(Object.keys(told({ wait: 1 }))).toEqual(['wait']);
    expect(Object.keys(told({ login: { username: 'a', password: 'b' }, allowRemote: true }))).toEqual([
      'login',
      'allowRemote',
    ]);
    expect(
      Object.keys(told({ attach: ['localhost:6379'], replicas: 1, fsync: 'off', home: '/opt/redis', wait: 1 })),
    ).toEqual(['replicas', 'fsync', 'home']);
  });

  test('a plan holds no secret', () => {
    const attached = {
      broker: 'redis',
      replicas: 0,
      fsync: 'always',
      wait: 0,
      attach: ['localhost:6379'],
      control: [],
    };
    const login = (password: string) =>
      redis.format.plan.safeParse({ ...attached, login: { username: 'a', password } });
    expect(login('secret').success).toBe(false);
    expect(login(`\${PASSWORD}`).success).toBe(true);
  });

  test('the pairs of profiles differ in one key', () => {
    const cluster = (name: string) => compilePlan(loadProfile(name, { env: {} }), 1).cluster as RedisPlan;
    expect(cluster('redis-flush')).toEqual({ ...cluster('redis-flush-off'), fsync: 'always' });
    expect(cluster('redis-wait')).toEqual({ ...cluster('redis-wait-off'), wait: 1 });
    expect(cluster('redis-retry')).toEqual(cluster('redis-retry-off'));
  });
});

describe('layout', () => {
  const specs = (changes: Partial<RedisPlan>) => {
    let port = 20_000;
    return redisLayout({ cluster: redisSettings(changes), folder: '/run/nodes', programs: {}, port: () => port++ });
  };

  test('one server: no operator, data of its own, and no snapshot', () => {
    const [node, ...others] = specs({ fsync: 'off' });
    expect(others).toEqual([]);
    expect(node).toMatchObject({
      id: 'r1',
      role: 'master',
      address: '127.0.0.1:20000',
      ready: 'driver',
      volume: { data: ['data'] },
    });
    expect(node?.operator).toBeUndefined();
    const text = node?.files?.[0]?.text ?? '';
    expect(text).toContain('appendonly no\n');
    expect(text).toContain('save ""\n');
    expect(text).toContain('bind 127.0.0.1\n');
    expect(text).not.toContain('appendfsync');
  });

  test('replicas start after the primary, follow it, and can be promoted', () => {
    const nodes = specs({ replicas: 2, fsync: 'everysec' });
    expect(nodes.map(({ id, role, order }) => ({ id, role, order }))).toEqual([
      { id: 'r1', role: 'master', order: 1 },
      { id: 'r1s1', role: 'slave', order: 2 },
      { id: 'r1s2', role: 'slave', order: 2 },
    ]);
    expect(nodes[0]?.files?.[0]?.text).not.toContain('replicaof');
    expect(nodes[2]?.files?.[0]?.text).toContain('appendfsync everysec\n');
    expect(nodes[2]?.files?.[0]?.text).toContain('replicaof 127.0.0.1 20000\n');
    expect(nodes[1]?.operator?.promote?.args).toEqual(['/run/nodes/r1s1/promote.sh']);
    expect(redisNodes({ replicas: 2 }).map(({ controls }) => controls.includes('promote'))).toEqual([true, true, true]);
  });
});

describe('contract', () => {
  const fault = (name: string, ...nodes: string[]) =>
    ({ id: `f${nodes.join()}`, do: name, target: { type: 'nodes', nodes } }) as unknown as FaultPlan;
  const loses = (changes: Partial<RedisPlan>, faults: readonly FaultPlan[], copied = false) =>
    durability(redisSettings(changes), faults, copied).loses;

  test.each([
    // fsync, fault on the primary, loses
    ['always', 'kill', false],
    ['always', 'stop', false],
    ['always', 'restart', false],
    ['always', 'pause', false],
    ['always', 'power-loss', false],
    ['always', 'disk-loss', true],
    ['everysec', 'kill', true],
    ['everysec', 'kill-paused', true],
    ['everysec', 'stop', false],
    ['everysec', 'restart', false],
    ['everysec', 'pause', false],
    ['everysec', 'partition', false],
    ['off', 'reset', false],
    ['everysec', 'power-loss', true],
    ['everysec', 'disk-loss', true],
    ['off', 'kill', true],
    ['off', 'stop', true],
    ['off', 'restart', true],
    ['off', 'pause', false],
    ['off', 'power-loss', true],
    ['always', 'unheard-of', true],
  ] as const)('fsync %s, %s of the primary: %s', (fsync, name, expected) => {
    expect(loses({ fsync }, [fault(name, 'r1')])).toBe(expected);
    expect(loses({ fsync, replicas: 1, wait: 1 }, [fault(name, 'r1')], true)).toBe(expected); // a replica does not help
    expect(loses({ fsync, replicas: 1 }, [fault(name, 'r1s1')])).toBe(false);
  });

  test('a promotion gives up what is not copied; with WAIT for every replica it has all, unless it was restarted', () => {
    const kill = fault('kill', 'r1');
    const promote = fault('promote', 'r1s1');
    expect(loses({ replicas: 1 }, [kill, promote])).toBe(true);
    expect(loses({ replicas: 1, wait: 1 }, [kill, promote])).toBe(true); // what consumers were shown is not waited for
    expect(loses({ replicas: 1, wait: 1 }, [kill, promote], true)).toBe(false);
    expect(loses({ replicas: 1, wait: 1 }, [kill, promote, fault('kill', 'r1s1')], true)).toBe(true);
    expect(loses({ replicas: 2, wait: 1 }, [kill, promote], true)).toBe(true);
    expect(loses({ replicas: 2, wait: 2 }, [kill, promote], true)).toBe(false);
  });

  test('replicas that nobody waits for and nobody promotes are idle', () => {
    const cluster = redisSettings({ replicas: 2 });
    expect(idleReplicas(cluster, false, [fault('kill', 'r1s1')])).toEqual(['r1s1', 'r1s2']);
    expect(idleReplicas(cluster, true, [])).toEqual([]);
    expect(idleReplicas(cluster, false, [fault('promote', 'r1s1')])).toEqual([]);
  });
});

/**
 * A real Redis for tests, laid out and run as a run does it: a folder of its own, free ports, controls on each node.
 * Where redis-server is missing, tests that need it say so by name and are skipped, but fail where CI is set.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../src/cluster/cluster.ts';
import type { Controls } from '../../src/cluster/controls.ts';
import type { BrokerAccess } from '../../src/products/driver.ts';
import { driver } from '../../src/products/redis/driver.ts';
import { redis } from '../../src/products/redis/product.ts';
import { type RedisPlan, redisPlan, redisSchema } from '../../src/products/redis/settings.ts';
import { layOut } from '../../src/run/set-up/brokers.ts';
import { noAbort } from '../../src/wait.ts';

/** Why there is no real Redis here; undefined when there is. */
export function missingRedis(): string | undefined {
  const missing = ['redis-server', 'redis-cli'].find(
    (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status !== 0,
  );
  if (missing === undefined) return undefined;
  const reason = `${missing} is not on the PATH: apt-get install redis-server redis-tools`;
  if (process.env.CI === 'true') throw new Error(`no real Redis, and CI=true: ${reason}`);
  return reason;
}

export function redisSettings(changes: Partial<RedisPlan> = {}): RedisPlan {
  return { ...redisPlan(redisSchema.parse({ broker: 'redis' })), ...changes };
}

export interface RealRedis extends AsyncDisposable {
  readonly access: BrokerAccess;
  controls(id: string): Required<Pick<Controls, 'kill' | 'stop' | 'start' | 'pause' | 'resume' | 'wipe' | 'promote'>>;
  addressOf(id: string): string;
}

export async function startRedis(changes: Partial<RedisPlan> = {}): Promise<RealRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-redis-'));
  const cluster = redisSettings(changes);
  try {
    const specs = await layOut(redis, cluster, folder);
    const nodes = specs.map(({ id, role, address = '' }) => ({ id, role, address }));
    const access: BrokerAccess = {
      bootstrap: nodes.map(({ address }) => address),
      nodes,
      cluster,
      clientId: 'mqchaos-test',
    };
    const running = await Cluster.start(
      specs,
      folder,
      () => {},
      noAbort,
      async (spec) => driver.serves?.(spec, access),
    );
    const nodeOf = (id: string) => {
      const node = running.nodes.find((candidate) => candidate.id === id);
      if (node === undefined) throw new Error(`no node ${id}`);
      return node;
    };
    return {
      access,
      controls: (id) => nodeOf(id).controls as Required<Controls>,
      addressOf: (id) => nodeOf(id).address ?? '',
      [Symbol.asyncDispose]: async () => {
        await running[Symbol.asyncDispose]();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Redis Streams. */
import { processControls } from '../../cluster/controls.ts';
import type { Undertaking } from '../../plan/threats.ts';
import { describeAttached, unknownStorage } from '../attached-contract.ts';
import type { Product } from '../product.ts';
import { adopt } from './adopt.ts';
import { checkRedis } from './check.ts';
import { durability, idleReplicas } from './durability.ts';
import { redisLayout, redisPrograms } from './layout.ts';
import { redisMeasures } from './measures.ts';
import { redisNodes } from './nodes.ts';
import { type RedisCluster, type RedisPlan, redisPlan, redisPlanSchema, redisSchema } from './settings.ts';

export const redis: Product<RedisCluster, RedisPlan> = {
  name: 'redis',
  alsoCalled: ['redis-streams', 'redis-stream', 'redis-server', 'valkey'],
  title: 'Redis Streams',
  summary: 'Redis Streams: a primary and its replicas, or a server that is there already',
  format: { profile: redisSchema, plan: redisPlanSchema, compile: redisPlan, check: checkRedis },
  can: {
    partitions: { usual: 1, most: 64 },
    replication: false,
    acks: ['all', 'one'],
    oneway: true,
    idempotent: false,
    redelivery: 'broker',
    tries: 'deliveries',
    leaders: true,
    attached: processControls,
    recoveryMs: 10_000,
    largestValue: { bytes: 512 * 1024 * 1024, because: 'proto-max-bulk-len 512MB' },
  },
  nodes: (cluster) => (cluster.attach === undefined ? redisNodes(cluster) : []),
  programs: redisPrograms,
  layout: redisLayout,
  describe: (cluster) => (cluster.attach === undefined ? describeStarted(cluster) : describeAttached('redis', cluster)),
  warnings: ({ cluster }) => warningsOf(cluster as RedisPlan),
  contract: {
    storage: (plan, what) => {
      const cluster = plan.cluster as RedisPlan;
      if (cluster.attach !== undefined) return unknownStorage;
      return durability(cluster, plan.faults, what === 'acked' && waits(plan));
    },
    idle: (plan) => {
      const cluster = plan.cluster as RedisPlan;
      return cluster.attach === undefined ? idleReplicas(cluster, waits(plan), plan.faults) : [];
    },
  },
  adopt,
  measure: (name) => redisMeasures[name],
  starter: {
    port: 6379,
    images: ['redis', 'redis-stack', 'redis-stack-server', 'valkey'],
    packages: ['redis-server', 'redis-tools'],
  },
  driver: async () => (await import('./driver.ts')).driver,
};

/** Whether an acknowledgement says that replicas have it. With acks one the primary's own answer is enough. */
function waits({ cluster, producers }: Undertaking): boolean {
  return (cluster as RedisPlan).wait > 0 && producers.acks === 'all' && producers.send !== 'oneway';
}

function describeStarted(cluster: RedisPlan): string[] {
  const ids = redisNodes(cluster).map(({ id }) => id);
  const file = cluster.fsync === 'off' ? 'no append-only file' : `append-only file, fsync ${cluster.fsync}`;
  const copies = cluster.wait === 0 ? 'not waited for' : `WAIT ${cluster.wait}`;
  return [
    `Redis, started for the run: ${ids.join(', ')}`,
    cluster.replicas === 0 ? file : `${file}, replication asynchronous, ${copies}`,
  ];
}

function warningsOf(cluster: RedisPlan): string[] {
  if (cluster.attach !== undefined || cluster.fsync !== 'off') return [];
  return [
    'fsync off: a server that ends, however it ends, starts empty;',
    ...(cluster.replicas === 0 ? [] : ['and a primary that starts empty empties its replicas']),
  ];
}

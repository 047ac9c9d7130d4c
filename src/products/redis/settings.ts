/** Redis's own keys under `cluster`: a primary and its replicas, started for the run, or a server that is there already. */
import { z } from 'zod';
import { map } from '../../profile/schema/map.ts';
import { choice, text, whole } from '../../profile/schema/units.ts';
import { addresses, allowRemote, attachedPlan, control, loginSchema, tls } from '../attached.ts';

const mostReplicas = 8;

export const redisSchema = map({
  broker: z
    .literal('redis')
    .describe('redis: Redis Streams, of servers that are started for the run, or of one that is there already.'),
  replicas: whole(0, mostReplicas)
    .prefault(0)
    .describe('Replicas r1s1, r1s2 and so on of the primary r1, which copy it asynchronously.'),
  fsync: choice(['off', 'everysec', 'always'])
    .prefault('always')
    .describe(
      'The append-only file. off: there is none, everything is in memory alone. everysec: synced once a second, and not ' +
        'even written while it is synced. always: synced before an answer is given.',
    ),
  wait: whole(0, mostReplicas)
    .prefault(0)
    .describe('Replicas that must have a message before its send counts as acknowledged, by WAIT; fewer is degraded.'),
  home: text()
    .exactOptional()
    .describe('Folder with redis-server and redis-cli, or with them in bin or src. Default: those on the PATH.'),
  attach: addresses()
    .exactOptional()
    .describe('Addresses of servers that are there already, host:port: the primary and all its replicas.'),
  control: control(),
  tls: tls(),
  login: loginSchema.exactOptional().describe('Log in to the server (AUTH).'),
  allowRemote: allowRemote(),
});

export type RedisCluster = z.output<typeof redisSchema>;

const { shape } = redisSchema;

export const redisPlanSchema = z.strictObject({
  broker: z.literal('redis'),
  replicas: shape.replicas,
  fsync: shape.fsync,
  wait: shape.wait,
  home: shape.home,
  attach: attachedPlan.attach.exactOptional(),
  control: attachedPlan.control.exactOptional(),
  tls: attachedPlan.tls,
  login: attachedPlan.login,
  allowRemote: attachedPlan.allowRemote,
});

export type RedisPlan = z.output<typeof redisPlanSchema>;

export function redisPlan(cluster: RedisCluster): RedisPlan {
  const { attach, control: nodes, tls: secured, login, allowRemote: remote, home, ...own } = cluster;
  if (attach === undefined) return { ...own, ...(home === undefined ? {} : { home }) };
  return {
    ...own,
    attach,
    control: nodes,
    ...(secured === undefined ? {} : { tls: secured }),
    ...(login === undefined ? {} : { login }),
    ...(remote && { allowRemote: remote }),
  };
}

/** The bundled broker's own keys under `cluster`: how many nodes, and what their acknowledgement is worth. */
import { z } from 'zod';
import { map } from '../../profile/schema/map.ts';
import { choice, duration, longestMs, usualSync, whole } from '../../profile/schema/units.ts';

/** Ways in which the broker can be told to lie. The broker knows them by the same names; docs/broker.md explains them. */
export const defects = [
  'ack-before-append',
  'ack-before-flush',
  'ack-before-replication',
  'drop-acked',
  'store-twice',
  'reorder',
  'corrupt',
  'forget-offsets',
  'phantom',
  'skip-on-recovery',
] as const;

const mostSlaves = 8;

export const bundledSchema = map({
  broker: z.literal('bundled').describe('bundled: the broker that comes with mqchaos, started for the run.'),
  masters: whole(1, 16)
    .prefault(1)
    .describe('Brokers b1, b2 and so on, which share the partitions; ns is the name server.'),
  slaves: whole(0, mostSlaves)
    .prefault(0)
    .describe('Slaves of each master, which copy its log: b1s1 and b1s2 are those of b1.'),
  flush: choice(['async', 'sync'], usualSync)
    .prefault('async')
    .describe('When a write counts as stored. async: in the page cache, synced later. sync: once the disk has it.'),
  flushInterval: duration(1, 3_600_000)
    .prefault('500ms')
    .describe('With `flush: async`: how often the log is synced, when enough was written since.'),
  thoroughFlushInterval: duration(1, 3_600_000)
    .prefault('10s')
    .describe('With `flush: async`: how often it is synced however little was written.'),
  replication: choice(['async', 'sync'], usualSync)
    .prefault('async')
    .describe('When a write counts as copied. async: slaves follow later. sync: once every in-sync slave has it.'),
  failover: choice(['none', 'in-sync', 'unclean'], {
    off: 'none',
    no: 'none',
    false: 'none',
    insync: 'in-sync',
    clean: 'in-sync',
  })
    .prefault('none')
    .describe(
      'Who leads when a master is gone. none: nobody, its partitions wait for it. in-sync: a slave that has all ' +
        'that was acknowledged. unclean: any slave, whatever it lacks.',
    ),
  inSyncReplicas: whole(1, 1 + mostSlaves)
    .prefault(1)
    .describe(
      'With `replication: sync`: copies, the leader included, without which a write is refused rather than stored.',
    ),
  autoCreate: whole(1, 10_000)
    .optional()
    .describe(
      'Makes a topic of so many partitions when a client asks for one that is not there. Absent: none is made.',
    ),
  defects: z
    .array(choice(defects), { error: 'expected a list of defects' })
    .prefault([])
    .describe('Ways in which every broker lies, on purpose: the audit must catch each.'),
});

export type BundledCluster = z.output<typeof bundledSchema>;

const { shape } = bundledSchema;
const intervalMs = z.int().min(1).max(longestMs);

/** Plans of before there were slaves have only `masters`: they mean the same broker. */
export const bundledPlanSchema = z.strictObject({
  broker: z.literal('bundled'),
  masters: shape.masters,
  slaves: shape.slaves,
  flush: shape.flush,
  flushIntervalMs: intervalMs.default(500),
  thoroughFlushIntervalMs: intervalMs.default(10_000),
  replication: shape.replication,
  failover: shape.failover,
  inSyncReplicas: shape.inSyncReplicas,
  autoCreate: shape.autoCreate,
  defects: shape.defects,
});

export type BundledPlan = z.output<typeof bundledPlanSchema>;

export function bundledPlan(cluster: BundledCluster): BundledPlan {
  const { flushInterval: flushIntervalMs, thoroughFlushInterval: thoroughFlushIntervalMs, ...rest } = cluster;
  return { ...rest, flushIntervalMs, thoroughFlushIntervalMs };
}

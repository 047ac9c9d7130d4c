/** The keys of NATS JetStream under `cluster`: servers that are started for the run, or servers that are there already. */
import { z } from 'zod';
import { map } from '../../profile/schema/map.ts';
import { duration, flag, leaf, longestMs, milliseconds, text } from '../../profile/schema/units.ts';
import { addresses, allowRemote, attachedPlan, control, loginSchema, tls } from '../attached.ts';

/** What a server takes for its deduplication window at the least. */
const leastWindowMs = 100;

export const natsSchema = map({
  broker: z
    .literal('nats')
    .describe('nats: NATS JetStream, of servers that are started for the run or that are there already.'),
  nodes: z
    .literal([1, 3, 5], { error: 'expected 1, 3 or 5' })
    .prefault(1)
    .describe('Servers n1, n2 and so on, which are one cluster. `topic.replication` says how many have each message.'),
  syncInterval: leaf(
    /^(always|\d+(\.\d+)?(ms|s|m|h))$/,
    "expected 'always', or a duration from 1ms to 24h, such as 10s",
    syncIntervalOf,
  )
    .exactOptional()
    .describe(
      'How often a server syncs what it has stored; always: before it acknowledges. Needs nats-server 2.10. ' +
        "Default: the server's own, 2m.",
    ),
  ackWait: duration(100, 3_600_000)
    .prefault('5s')
    .describe('A message that was delivered and not settled for so long is delivered again.'),
  confirmedAck: flag()
    .prefault(true)
    .describe(
      'true: consumers wait until the server has confirmed that a message is settled (ackAck). false: it counts as ' +
        'settled once the request is sent (ack), as most applications have it.',
    ),
  duplicateWindow: duration(leastWindowMs, 24 * 3_600_000)
    .prefault('2m')
    .describe('With `producers.idempotent`: how long a server knows a message again that is sent twice.'),
  home: text().exactOptional().describe('Folder with nats-server in it. Default: the one on the PATH.'),
  attach: addresses()
    .exactOptional()
    .describe('Addresses of servers that are there already, host:port. Default: they are started for the run.'),
  control: control(),
  tls: tls(),
  login: loginSchema.exactOptional().describe('Log in to the servers by user and password.'),
  allowRemote: allowRemote(),
});

export type NatsCluster = z.output<typeof natsSchema>;

const { shape } = natsSchema;
const durationMs = z.int().min(1).max(longestMs);

export const natsPlanSchema = z.strictObject({
  broker: z.literal('nats'),
  nodes: z.literal([1, 3, 5]).default(1),
  /** `always`, or milliseconds. */
  syncInterval: z.union([z.literal('always'), durationMs]).exactOptional(),
  ackWaitMs: durationMs.default(5000),
  confirmedAck: z.boolean().default(true),
  duplicateWindowMs: durationMs.default(120_000),
  home: shape.home,
  attach: attachedPlan.attach.exactOptional(),
  control: attachedPlan.control.exactOptional(),
  tls: attachedPlan.tls,
  login: attachedPlan.login,
  allowRemote: attachedPlan.allowRemote,
});

export type NatsPlan = z.output<typeof natsPlanSchema>;

export function natsPlan(cluster: NatsCluster): NatsPlan {
  const { ackWait, duplicateWindow, control: nodes, allowRemote: remote, ...rest } = cluster;
  return {
    ...rest,
    ackWaitMs: ackWait,
    duplicateWindowMs: duplicateWindow,
    ...(rest.attach === undefined ? {} : { control: nodes }),
    ...(remote && { allowRemote: remote }),
  };
}

function syncIntervalOf(written: string): 'always' | number | undefined {
  if (written === 'always') return written;
  const ms = milliseconds(written);
  return ms >= 1 && ms <= longestMs ? ms : undefined;
}

/** RocketMQ's own keys under `cluster`: those of a cluster that the run starts, and with `attach` those of one that is there. */
import { z } from 'zod';
import { map } from '../../profile/schema/map.ts';
import { choice, flag, text, usualSync, whole } from '../../profile/schema/units.ts';
import { addresses, allowRemote, attachedPlan, control } from '../attached.ts';

const mostSlaves = 3;

export const rocketmqSchema = map({
  broker: z
    .literal('rocketmq')
    .describe('rocketmq: Apache RocketMQ 5, started for the run or, with `attach`, there already.'),
  home: text()
    .exactOptional()
    .describe('Folder of an unpacked distribution, which has lib or libs. Default: what `mqchaos fetch rocketmq` got.'),
  masters: whole(1, 8).prefault(1).describe('Masters b1, b2 and so on, which share the queues; ns is the name server.'),
  slaves: whole(0, mostSlaves)
    .prefault(0)
    .describe('Slaves of each master, which copy its commit log: b1s1 and b1s2 are those of b1.'),
  flush: choice(['async', 'sync'], usualSync)
    .prefault('async')
    .describe(
      'flushDiskType. async: ASYNC_FLUSH, in the page cache, synced later. sync: SYNC_FLUSH, once the disk has it.',
    ),
  replication: choice(['async', 'sync'], usualSync)
    .prefault('async')
    .describe(
      'brokerRole of the masters. async: ASYNC_MASTER. sync: SYNC_MASTER, which waits for inSyncReplicas copies.',
    ),
  inSyncReplicas: whole(1, 1 + mostSlaves)
    .prefault(1)
    .describe(
      'With `replication: sync`: copies, the master included, that a send waits for. With 1 it waits for none.',
    ),
  minInSyncReplicas: whole(1, 1 + mostSlaves)
    .prefault(1)
    .describe('With `controller`: copies in sync without which a send is refused.'),
  allAckInSyncStateSet: flag()
    .prefault(false)
    .describe(
      'With `controller`: a send waits for every broker of the SyncStateSet. Has no effect without the controller.',
    ),
  controller: flag()
    .prefault(false)
    .describe('Controller mode, inside of the name server: elects a slave of the SyncStateSet when a master is gone.'),
  electUnclean: flag()
    .prefault(false)
    .describe('With `controller`: enableElectUncleanMaster, a slave that is not in the SyncStateSet may be elected.'),
  popBufferMerge: flag()
    .prefault(false)
    .describe('enablePopBufferMerge: acknowledgements of POP are gathered in memory, and go with a kill.'),
  client: choice(['remoting', 'rocketmq-client-nodejs'])
    .prefault('remoting')
    .describe(
      'What producers send with. remoting: the remoting protocol, to the broker of the queue. rocketmq-client-nodejs: the ' +
        "vendor's client, through a proxy, which chooses the queue and hides it.",
    ),
  consumer: choice(['pop', 'simple', 'push'])
    .prefault('pop')
    .describe(
      'How consumers consume. pop: POP by the remoting protocol, no proxy. simple, push: SimpleConsumer and PushConsumer ' +
        'of rocketmq-client-nodejs, through a proxy.',
    ),
  attach: addresses()
    .exactOptional()
    .describe('Addresses of name servers, host:port, as a list or in one text with commas.'),
  proxy: addresses()
    .exactOptional()
    .describe('With `attach` and a client of rocketmq-client-nodejs: address of a proxy (gRPC).'),
  control: control(),
  allowRemote: allowRemote(),
});

export type RocketmqCluster = z.output<typeof rocketmqSchema>;

const { shape } = rocketmqSchema;

export const rocketmqPlanSchema = z.strictObject({
  broker: z.literal('rocketmq'),
  home: z.string().min(1).exactOptional(),
  masters: shape.masters,
  slaves: shape.slaves,
  flush: shape.flush,
  replication: shape.replication,
  inSyncReplicas: shape.inSyncReplicas,
  minInSyncReplicas: shape.minInSyncReplicas,
  allAckInSyncStateSet: shape.allAckInSyncStateSet,
  controller: shape.controller,
  electUnclean: shape.electUnclean,
  popBufferMerge: shape.popBufferMerge,
  client: shape.client,
  consumer: shape.consumer,
  attach: attachedPlan.attach.exactOptional(),
  proxy: attachedPlan.attach.exactOptional(),
  control: attachedPlan.control.exactOptional(),
  allowRemote: attachedPlan.allowRemote,
});

export type RocketmqPlan = z.output<typeof rocketmqPlanSchema>;

/** Of an attached cluster nothing is in a plan but how it is reached: its own keys are its operator's. */
export function rocketmqPlan({
  attach,
  proxy,
  control: ways,
  allowRemote: remote,
  ...own
}: RocketmqCluster): RocketmqPlan {
  if (attach === undefined) return own;
  const { broker, client, consumer } = own;
  const reached = {
    attach,
    ...(proxy === undefined ? {} : { proxy }),
    control: ways,
    ...(remote && { allowRemote: remote }),
  };
  return { broker, client, consumer, ...reached } as RocketmqPlan;
}

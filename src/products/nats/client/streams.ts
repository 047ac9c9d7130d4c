/** What a channel is made of on the servers: a stream for each partition, a durable consumer for each group in each. */
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { Channel } from '../../channel.ts';
import { copiesOf } from '../nodes.ts';
import type { NatsPlan } from '../settings.ts';
import { advisoriesOf, durableOf, streamOf } from './names.ts';

const nsPerMs = 1_000_000;

/** Codes of the API that are told apart here (server/errors.json). */
export const apiCodes = { consumerNotFound: 10014, messageNotFound: 10037, streamNotFound: 10059 } as const;

export function apiCode(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}

export function isGone(error: unknown): boolean {
  const code = apiCode(error);
  return code === apiCodes.streamNotFound || code === apiCodes.consumerNotFound;
}

export function partitionsOf({ partitions = 1 }: Channel): number[] {
  return Array.from({ length: partitions }, (_, partition) => partition);
}

/** All streams of a channel, that of the advisories first: nothing may be said before somebody keeps it. */
export function streamsOf(channel: Channel, cluster: NatsPlan): StreamSettings[] {
  const copies = copiesOf(cluster, channel.replication);
  const names = partitionsOf(channel).map((partition) => streamOf(channel.name, partition));
  const dead = advisoriesOf(channel.name);
  const subjects = names.map((name) => `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${name}.>`);
  return [
    ...(channel.redelivery?.deadLetter === true ? [settings(dead, subjects, copies, cluster)] : []),
    ...names.map((name) => settings(name, [name], copies, cluster)),
  ];
}

type StreamSettings = Partial<StreamConfig> & { readonly name: string };

function settings(name: string, subjects: string[], copies: number, { duplicateWindowMs }: NatsPlan): StreamSettings {
  return {
    ...{ name, subjects, num_replicas: copies, storage: StorageType.File, retention: RetentionPolicy.Limits },
    ...{ discard: DiscardPolicy.Old, duplicate_window: duplicateWindowMs * nsPerMs },
  };
}

/**
 * `max_deliver` counts every delivery, those after an unsettled one's wait too. There is no `backoff`: it would take the
 * place of the ack wait, and a delay shorter than the processing would deliver everything twice; the delay comes with
 * each message that is given back. What waits for a delay counts as pending, so that there may be any number of them.
 */
export function consumerOf(channel: Channel, group: string, { ackWaitMs }: NatsPlan): Partial<ConsumerConfig> {
  return {
    durable_name: durableOf(group),
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: ackWaitMs * nsPerMs,
    max_deliver: channel.redelivery === undefined ? -1 : channel.redelivery.attempts + 1,
    max_ack_pending: -1,
  };
}

/**
 * Makes what is not there. Servers take it again without an error as long as it is the same, so that an answer that was
 * lost costs nothing, and a channel that went with a disk is made again, empty, by whoever needs it next, as an
 * application does.
 */
export async function restore(manager: JetStreamManager, channel: Channel, cluster: NatsPlan): Promise<void> {
  for (const stream of streamsOf(channel, cluster)) await manager.streams.add(stream);
  for (const partition of partitionsOf(channel)) {
    for (const group of channel.groups) {
      await manager.consumers.add(streamOf(channel.name, partition), consumerOf(channel, group, cluster));
    }
  }
}

/**
 * What a channel is in RabbitMQ: a fanout exchange of its name, and of each group a queue of the group's name. With
 * redelivery a group has two more: `GROUP-wait`, where what failed waits for its next try (its messages expire, and go
 * back), and `GROUP-dead`, its dead letters.
 *
 * Who uses it declares it: to declare again what is there changes nothing, and a node that lost its disk has nothing.
 */
import type { Channel as AmqpChannel, Options } from 'amqplib';
import type { Channel, ChannelRedelivery } from '../../channel.ts';
import type { RabbitmqPlan } from '../settings.ts';

export interface Topology {
  readonly cluster: RabbitmqPlan;
  readonly redelivery: ChannelRedelivery | undefined;
  /** From 4.0 on quorum queues drop what was given back 20 times, unless told otherwise. */
  readonly limitsDeliveries: boolean;
}

export function topologyOf(
  channel: Channel,
  cluster: RabbitmqPlan,
  server: Readonly<Record<string, unknown>>,
): Topology {
  const major = Number.parseInt(String(server.version), 10);
  return { cluster, redelivery: channel.redelivery, limitsDeliveries: major >= 4 };
}

export function waitQueue(group: string): string {
  return `${group}-wait`;
}

export function deadQueue(group: string): string {
  return `${group}-dead`;
}

export async function declareExchange(amqp: AmqpChannel, name: string, { durable }: RabbitmqPlan): Promise<void> {
  await amqp.assertExchange(name, 'fanout', { durable });
}

export async function declareGroup(amqp: AmqpChannel, exchange: string, group: string, it: Topology): Promise<void> {
  const { redelivery } = it;
  if (redelivery?.deadLetter === true) await amqp.assertQueue(deadQueue(group), queueOptions(it, {}));
  if (redelivery !== undefined) await amqp.assertQueue(waitQueue(group), waitOptions(group, redelivery, it));
  await amqp.assertQueue(group, mainOptions(group, it));
  await amqp.bindQueue(group, exchange, '');
}

function mainOptions(group: string, it: Topology): Options.AssertQueue {
  const { maxLength, overflow } = it.cluster;
  return queueOptions(it, {
    ...(maxLength === undefined ? {} : { 'x-max-length': maxLength }),
    ...(overflow === undefined ? {} : { 'x-overflow': overflow }),
    ...(it.redelivery === undefined ? {} : deadLettering(waitQueue(group), it)),
  });
}

function waitOptions(group: string, { delayMs }: ChannelRedelivery, it: Topology): Options.AssertQueue {
  const { deadLetter, queue, nodes = 1 } = it.cluster;
  return queueOptions(it, {
    'x-message-ttl': delayMs,
    ...deadLettering(group, it),
    ...(deadLetter === 'at-least-once' ? { 'x-overflow': 'reject-publish' } : {}),
    // not led by the node that leads the group's queue, as it is with many queues
    ...(queue === 'quorum' && nodes > 1 ? { 'x-queue-leader-locator': 'balanced' } : {}),
  });
}

/** By the default exchange, which takes a queue's name as the routing key. */
function deadLettering(queue: string, { cluster }: Topology): Record<string, unknown> {
  return {
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': queue,
    ...(cluster.deadLetter === 'at-least-once' ? { 'x-dead-letter-strategy': 'at-least-once' } : {}),
  };
}

function queueOptions({ cluster, limitsDeliveries }: Topology, more: Record<string, unknown>): Options.AssertQueue {
  const { queue, durable, nodes } = cluster;
  return {
    durable,
    arguments: {
      'x-queue-type': queue,
      ...(queue === 'quorum' && nodes !== undefined ? { 'x-quorum-initial-group-size': nodes } : {}),
      ...(queue === 'quorum' && limitsDeliveries ? { 'x-delivery-limit': -1 } : {}),
      ...more,
    },
  };
}

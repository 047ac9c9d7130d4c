/** Channels, clients and messages of tests on a RabbitMQ cluster. */
import type { Channel } from '../../../../src/products/channel.ts';
import type { Batch, ConsumerHandlers, OutgoingMessage, ProducerOptions } from '../../../../src/products/driver.ts';
import { driver } from '../../../../src/products/rabbitmq/driver.ts';
import type { ProductCluster } from '../../../support/product-cluster.ts';
import { message, seqOf } from '../../kafka/client/messages.ts';

export const signal = AbortSignal.timeout(900_000);
let channels = 0;

export async function declare({ access }: ProductCluster, more: Partial<Channel> = {}): Promise<Channel> {
  const name = `trap-${++channels}`;
  const channel = { name, groups: [`${name}-g1`], ...more };
  await using admin = await driver.admin(access);
  await admin.declare(channel, signal);
  return channel;
}

export function groupOf({ groups }: Channel): string {
  return groups[0] as string;
}

export function options(channel: Channel, more: Partial<ProducerOptions> = {}): ProducerOptions {
  return { channel, acks: 'all', oneway: false, idempotent: false, timeoutMs: 10_000, signal, ...more };
}

export function producerOf({ access }: ProductCluster, channel: Channel, more: Partial<ProducerOptions> = {}) {
  return driver.producer(access, options(channel, more));
}

export function consumerOf({ access }: ProductCluster, channel: Channel) {
  const group = groupOf(channel);
  return driver.consumer(access, { channel, group, sessionTimeoutMs: 6_000, settleOnDelivery: false, signal });
}

export function handlers(seen: Set<number>): ConsumerHandlers {
  const batch = async (given: Batch): Promise<void> => {
    for (const { value } of given.messages) seen.add(seqOf(value));
    await given.settle(given.messages);
  };
  return { batch, assigned: () => {}, revoked: () => {}, failed: () => {} };
}

export function of(seq: number): OutgoingMessage {
  const { partition: _, ...rest } = message(seq);
  return rest;
}

export function some(count: number, from = 0): OutgoingMessage[] {
  return Array.from({ length: count }, (_, index) => of(from + index));
}

export function textOf(result: { outcome: string; reason?: string }): string {
  return result.reason === undefined ? result.outcome : `${result.outcome} ${result.reason}`;
}

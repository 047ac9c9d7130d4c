/** RocketMQ over its remoting protocol, its consumers by POP; or both by the vendor's client for Node, through a proxy. */
import type {
  BrokerAccess,
  ConsumerClient,
  ConsumerOptions,
  Driver,
  ProducerClient,
  ProducerOptions,
} from '../driver.ts';
import { openAdmin } from './client/admin.ts';
import { openConsumer } from './client/consumer.ts';
import { openProducer } from './client/producer.ts';
import { proxyConsumer } from './client/proxy-consumer.ts';
import { openProxyProducer } from './client/proxy-producer.ts';
import { pushSession } from './client/push-consumer.ts';
import { read, readDeadLetters } from './client/reader.ts';
import { serves } from './client/serves.ts';
import { simpleSession } from './client/simple-consumer.ts';
import type { RocketmqPlan } from './settings.ts';

export const driver: Driver = {
  name: 'rocketmq',
  semantics: { positions: 'partition', settles: 'message', drainedMinimumWaitMs: 0 },
  serves,
  admin: openAdmin,
  producer,
  consumer,
  read,
  readDeadLetters,
};

function producer(access: BrokerAccess, options: ProducerOptions): Promise<ProducerClient> {
  const { client } = access.cluster as RocketmqPlan;
  return client === 'remoting' ? openProducer(access, options) : openProxyProducer(access, options);
}

function consumer(access: BrokerAccess, options: ConsumerOptions): Promise<ConsumerClient> {
  const { consumer: kind } = access.cluster as RocketmqPlan;
  if (kind === 'simple') return Promise.resolve(proxyConsumer(access, options, simpleSession));
  if (kind === 'push') return Promise.resolve(proxyConsumer(access, options, pushSession));
  return openConsumer(access, options);
}

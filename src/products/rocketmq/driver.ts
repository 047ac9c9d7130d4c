/** RocketMQ over its remoting protocol; its consumers by POP, directly or through the proxy. */
import type { Driver } from '../driver.ts';
import { openAdmin } from './client/admin.ts';
import { openConsumer } from './client/consumer.ts';
import { openProducer } from './client/producer.ts';
import { read, readDeadLetters } from './client/reader.ts';
import { serves } from './client/serves.ts';

export const driver: Driver = {
  name: 'rocketmq',
  semantics: { positions: 'partition', settles: 'message', drainedMinimumWaitMs: 0 },
  serves,
  admin: openAdmin,
  producer: openProducer,
  consumer: openConsumer,
  read,
  readDeadLetters,
};

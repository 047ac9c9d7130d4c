/** RabbitMQ through amqplib, AMQP 0-9-1. */
import type { Driver } from '../driver.ts';
import { openAdmin } from './client/admin.ts';
import { openConsumer } from './client/consumer.ts';
import { readDeadLetters } from './client/dead-letters.ts';
import { openProducer } from './client/producer.ts';
import { serves } from './client/readiness.ts';

export const driver: Driver = {
  name: 'rabbitmq',
  // A read consumes, so nobody can read beside the groups; `drained` keeps the time that its answers need itself.
  semantics: { positions: 'none', settles: 'message', drainedMinimumWaitMs: 0 },
  serves,
  admin: openAdmin,
  producer: openProducer,
  consumer: openConsumer,
  readDeadLetters,
};

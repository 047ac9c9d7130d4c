/** NATS JetStream through the official client. */
import type { Driver } from '../driver.ts';
import { openAdmin } from './client/admin.ts';
import { openConsumer } from './client/consumer.ts';
import { readDeadLetters } from './client/dead-letters.ts';
import { openProducer } from './client/producer.ts';
import { readStreams } from './client/reader.ts';
import { serves } from './client/serves.ts';

export const driver: Driver = {
  name: 'nats',
  // what is delivered and not settled counts as pending at the server: no wait proves more
  semantics: { positions: 'partition', settles: 'message', drainedMinimumWaitMs: 0 },
  serves,
  admin: openAdmin,
  producer: openProducer,
  consumer: openConsumer,
  read: readStreams,
  readDeadLetters,
};

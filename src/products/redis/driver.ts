/** Redis Streams through ioredis, with all of its own retries off. Partition i of a channel is the stream `NAME-i`. */
import type { Driver } from '../driver.ts';

export const driver: Driver = {
  name: 'redis',
  semantics: {
    positions: 'partition',
    settles: 'message',
    // ends, pending entries and positions of groups are read from the primary as they are: there is nothing to wait for
    drainedMinimumWaitMs: 0,
  },
  serves: async (node, access) => (await import('./client/serves.ts')).serves(node, access),
  admin: async (access) => (await import('./client/admin.ts')).openAdmin(access),
  producer: async (access, options) => (await import('./client/producer.ts')).openProducer(access, options),
  consumer: async (access, options) => (await import('./client/consumer.ts')).openConsumer(access, options),
  read: async (access, options, onMessage) => (await import('./client/reader.ts')).read(access, options, onMessage),
  readDeadLetters: async (access, options, onMessage) =>
    (await import('./client/reader.ts')).readDeadLetters(access, options, onMessage),
};

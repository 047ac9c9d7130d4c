/** A driver for brokers that speak the Kafka protocol, through kafkajs: the tested client is part of what is tested. */
import type { Driver } from '../../driver.ts';

export function kafkaProtocol(name: string): Driver {
  return {
    name,
    semantics: {
      positions: 'partition',
      settles: 'position',
      // Committed positions and log ends are read from the broker as they are: there is nothing to wait for.
      drainedMinimumWaitMs: 0,
    },
    admin: async (access) => (await import('./admin.ts')).openAdmin(access),
    producer: async (access, options) => (await import('./producer.ts')).openProducer(access, options),
    consumer: async (access, options) => (await import('./consumer.ts')).openConsumer(access, options),
    loader: async (access, channel) => (await import('./loader.ts')).openLoader(access, channel),
    read: async (access, options, onMessage) => (await import('./reader.ts')).read(access, options, onMessage),
  };
}

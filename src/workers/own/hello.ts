/** What a worker of the user's own is told first. */
import type { ConsumerWork, OwnCommandConfig, ProducerWork, WorkerConfig } from '../config.ts';
import { type Hello, protocolVersion } from './protocol.ts';

export function helloOf(config: WorkerConfig, own: OwnCommandConfig, work: ProducerWork | ConsumerWork): Hello {
  const { name, channel, access } = config;
  const greeting = {
    ...({ type: 'hello', protocol: protocolVersion } as const),
    name,
    topic: channel.name,
    ...(channel.partitions === undefined ? {} : { partitions: channel.partitions }),
    bootstrap: access.bootstrap,
    connection: own.connection,
  };
  if (work.role === 'producer') {
    const { role, acks, idempotent, timeoutMs, window } = work;
    return { ...greeting, role, acks, idempotent, timeoutMs, window };
  }
  const { role, group, sessionTimeoutMs, commit } = work;
  return { ...greeting, role, group, sessionTimeoutMs, commit };
}

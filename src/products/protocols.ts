/** The protocols that links can read, by name: a product says in its `wire` which of them its nodes speak. */
import type { Protocol } from '../link/interceptor.ts';

/** One for each link, loaded when a link is started with it. */
export const protocols: Readonly<Record<string, () => Promise<Protocol>>> = {
  kafka: async () => new (await import('./kafka/wire/protocol.ts')).KafkaWire(),
};

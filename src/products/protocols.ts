/** The protocols that links can read, by name: a product says in its `wire` which of them its nodes speak. */
import type { LinkTarget, Protocol } from '../link/interceptor.ts';

/** One for each link, loaded when a link to such a node is started with it. */
export const protocols: Readonly<Record<string, (node: LinkTarget) => Promise<Protocol>>> = {
  kafka: async (node) => new (await import('./kafka/wire/protocol.ts')).KafkaWire(node),
  amqp: async () => new (await import('./rabbitmq/wire/protocol.ts')).AmqpWire(),
};

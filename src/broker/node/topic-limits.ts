import type { NodeParts } from './parts.ts';

/** How a topic of this node limits what it takes: configs that are carried out. */
export function limitsOf({ routing, settings }: NodeParts, topic: string) {
  const configs = routing.topic(topic)?.configs ?? {};
  return {
    maxBatchBytes: Number(configs['max.message.bytes'] ?? settings.maxBatchBytes),
    inSyncReplicas: Number(configs['min.insync.replicas'] ?? settings.inSyncReplicas),
  };
}

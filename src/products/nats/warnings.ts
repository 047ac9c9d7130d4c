/** Traps of NATS that a plan walks into. */
import type { Undertaking } from '../../plan/threats.ts';
import { spell } from '../../profile/schema/units.ts';
import type { NatsPlan } from './settings.ts';

export function natsWarnings({ cluster, producers, topic }: Undertaking): string[] {
  const { nodes, duplicateWindowMs } = cluster as NatsPlan;
  const patienceMs = (producers.retries + 1) * producers.timeoutMs + producers.retries * producers.retryDelayMs;
  return [
    ...(nodes > 1 && topic.replication === 1
      ? [`each stream has one replica although there are ${nodes} nodes: it is down while its node is`]
      : []),
    ...(producers.idempotent && patienceMs > duplicateWindowMs
      ? [
          `a message may be sent again ${spell(patienceMs)} after the first time, when the server has forgotten it (duplicateWindow ${spell(duplicateWindowMs)})`,
        ]
      : []),
  ];
}

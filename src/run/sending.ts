/** The stretch of a run in which messages are sent and faults fire. */
import type { FaultEngine } from '../faults/engine.ts';
import type { Plan } from '../plan/plan.ts';
import { inTime, pause } from '../wait.ts';
import type { Workload } from './workers/workload.ts';

const lookEveryMs = 10;

/**
 * Resolves when all was sent, or when aborted. Consumers that start later are started on the way.
 * @param broke told when they do not start: the run goes on to its drain, whose consumers are fresh ones.
 */
export async function send(
  plan: Plan,
  workload: Workload,
  engine: FaultEngine,
  signal: AbortSignal,
  broke: (error: unknown) => void,
): Promise<void> {
  const late = plan.consumers.start.type !== 'at once';
  workload.go();
  engine.start();
  const consumers = late ? startConsumersLater(plan, workload, engine, signal).catch(broke) : Promise.resolve();
  while (isSending(workload, engine) && !signal.aborted) await pause(lookEveryMs, signal);
  await consumers;
}

/** Producers send, or will again: a killed one comes back when its fault heals. */
export function isSending(workload: Workload, engine: FaultEngine): boolean {
  return workload.sending || (workload.unfinished && engine.willHeal);
}

/** Consumers that were to start at a progress which was never reached start when sending is over. */
async function startConsumersLater(
  plan: Plan,
  workload: Workload,
  engine: FaultEngine,
  signal: AbortSignal,
): Promise<void> {
  if (plan.consumers.start.type === 'after faults') {
    await inTime(engine.finished(), { boundMs: plan.limitMs, signal });
  }
  while (!signal.aborted && isSending(workload, engine) && !isDue(plan, workload)) await pause(lookEveryMs, signal);
  if (!signal.aborted) await workload.startConsumers();
}

function isDue({ consumers: { start }, producers }: Plan, workload: Workload): boolean {
  const { attempted, acked } = workload.counters;
  switch (start.type) {
    case 'progress':
      return attempted >= start.fraction * producers.messages;
    case 'acked':
      return acked >= start.messages;
    case 'time':
      return workload.elapsedMs >= start.afterMs;
    default:
      return true;
  }
}

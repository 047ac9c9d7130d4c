/** kafkajs 2.2.4 loses acknowledged messages, whatever the broker promises: see the profile kafkajs-idempotent-concurrent. */
import type { Clause } from '../../audit/class.ts';
import { allowed } from '../../plan/clause.ts';
import type { FaultPlan, ProducersPlan } from '../../plan/plan.ts';
import { faultWords, type Undertaking } from '../../plan/threats.ts';

/** Undefined: nothing of it can happen. */
export function idempotentLoss({ producers }: Undertaking, disturbing: readonly FaultPlan[]): Clause | undefined {
  if (producers.command !== undefined || !producers.idempotent || disturbing.length === 0) return undefined;
  const next =
    producers.window > 1
      ? `one of the up to ${producers.window} others in flight`
      : 'the next message, after the last retry,';
  return allowed(
    `idempotent: where an answer is late or lost (${faultWords(disturbing)}), kafkajs gives ${next} the same number, and the broker takes it for a repetition`,
  );
}

/** For a plan's warnings. */
export function concurrentIdempotence({ idempotent, window, command }: ProducersPlan): string[] {
  if (command !== undefined || !idempotent || window <= 1) return [];
  return [
    'kafkajs loses acknowledged messages with idempotent: true and more than one send in flight,',
    'whenever an answer is late or lost (see the profile kafkajs-idempotent-concurrent)',
  ];
}

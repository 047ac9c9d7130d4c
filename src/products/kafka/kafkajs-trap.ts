/** kafkajs 2.2.4 loses acknowledged messages, whatever the broker promises: see the profile kafkajs-idempotent-concurrent. */
import type { Clause } from '../../audit/class.ts';
import { allowed } from '../../plan/clause.ts';
import type { FaultPlan, ProducersPlan } from '../../plan/plan.ts';
import { faultWords, type Undertaking } from '../../plan/threats.ts';

/** Undefined: nothing of it can happen. */
export function idempotentLoss(plan: Undertaking, disturbing: readonly FaultPlan[]): Clause | undefined {
  const { producers } = plan;
  if (producers.command !== undefined || !producers.idempotent || disturbing.length === 0) return undefined;
  if (storesOnce(plan, disturbing) !== undefined) return undefined;
  const next =
    producers.window > 1
      ? `one of the up to ${producers.window} others in flight`
      : 'the next message, after the last retry,';
  return allowed(
    `idempotent: where an answer is late or lost (${faultWords(disturbing)}), kafkajs gives ${next} the same number, and the broker takes it for a repetition`,
  );
}

/** kafkajs itself repeats a request once, with the same number, before an attempt of ours has failed. */
const triesOfAnAttempt = 2;

/**
 * Why what is sent again is not stored again, although answers are lost: with one send at a time the number that kafkajs
 * gives back is taken by the same message, unless all its tries are spent. Undefined: it may be stored again.
 */
export function storesOnce({ producers }: Undertaking, disturbing: readonly FaultPlan[]): string | undefined {
  const { idempotent, window, retries, command } = producers;
  if (command !== undefined || !idempotent || window > 1 || disturbing.length === 0) return undefined;
  const lost = disturbing.reduce((sum, fault) => sum + answersLost(fault), 0);
  const tries = triesOfAnAttempt * (retries + 1);
  return lost < tries
    ? `idempotent: a message keeps its number through ${tries} tries, one send at a time, and ${faultWords(disturbing)} take ${lost} answers`
    : undefined;
}

/** How many at most, and nothing else; infinite for any other fault. */
function answersLost({ do: name, target, parameters = {} }: FaultPlan): number {
  const { times, connection } = parameters;
  if (name !== 'lost-answer' || target.type === 'workers' || connection === 'falls silent')
    return Number.POSITIVE_INFINITY;
  return typeof times === 'number'
    ? times * (target.type === 'nodes' ? target.nodes.length : 1)
    : Number.POSITIVE_INFINITY;
}

/** For a plan's warnings. */
export function concurrentIdempotence({ idempotent, window, command }: ProducersPlan): string[] {
  if (command !== undefined || !idempotent || window <= 1) return [];
  return [
    'kafkajs loses acknowledged messages with idempotent: true and more than one send in flight,',
    'whenever an answer is late or lost (see the profile kafkajs-idempotent-concurrent)',
  ];
}

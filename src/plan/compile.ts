/** From a profile and a seed to a plan: every random choice is made here, and only here. */
import {
  type Expectation,
  effectClasses,
  type FindingClass,
  findingClasses,
  followers,
  forbiddenByDefault,
  redeliveryClasses,
} from '../audit/class.ts';
import type { Product } from '../products/product.ts';
import { productOf } from '../products/registry.ts';
import { volumeOf } from '../products/volume.ts';
import { decidableReports, forbiddenReports } from '../profile/check/own-workers.ts';
import { decidableEffects, effectSettings, forbiddenEffects } from '../profile/schema/effect.ts';
import { targetText } from '../profile/schema/fault.ts';
import { decidableRedeliveries } from '../profile/schema/redelivery.ts';
import type { Profile } from '../profile/schema/schema.ts';
import { type SetUp, targetChoice } from '../profile/targets.ts';
import { contractOf } from './contract.ts';
import {
  type ClusterPlan,
  type FaultPlan,
  type Plan,
  type ProducersPlan,
  planVersion,
  type RedeliveryPlan,
  type TargetPlan,
} from './plan.ts';
import { stream } from './random.ts';
import { occurrences } from './schedule.ts';
import type { Undertaking } from './threats.ts';

/** Sends in flight per producer if the profile does not say. */
const usualWindow = 100;

/** The profile must come from `loadProfile`, which has checked it. `seed` is an unsigned 32-bit integer. */
export function compilePlan(profile: Profile, seed: number): Plan {
  const { topic, consumers } = profile;
  const product = productOf(profile.cluster.broker);
  const undertaking: Undertaking = {
    version: planVersion,
    seed,
    name: profile.name,
    question: profile.question,
    cluster: clusterPlan(profile.cluster, product),
    topic: topicPlan(topic, product),
    producers: producersPlan(profile.producers),
    consumers: {
      ...optional('command', consumers.command),
      count: consumers.count,
      groups: consumers.groups,
      start: consumers.start,
      sessionTimeoutMs: consumers.sessionTimeout,
      commit: consumers.commit,
      ...optional('failing', consumers.failing),
      ...optional('redelivery', redeliveryPlan(consumers)),
      ...optional('effect', effectSettings(consumers)),
      ...optional('storeControl', consumers.effect?.control),
    },
    faults: profile.faults.flatMap((_, i) => faultPlans(profile, i, seed)),
    limitMs: profile.limit,
  };
  return { ...undertaking, expect: expectation(profile, undertaking) };
}

/** The product's own keys, then what is the same of every product's nodes. */
function clusterPlan(cluster: Profile['cluster'], product: Product): ClusterPlan {
  const { volume: _, ...own } = cluster;
  return { ...product.format.compile(own), ...optional('volume', volumeOf(cluster)) };
}

/** As many partitions as the product usually has, where the profile does not say; none where it has none. */
function topicPlan({ partitions, ...rest }: Profile['topic'], { can }: Product): Plan['topic'] {
  return { ...optional('partitions', partitions ?? can.partitions?.usual), ...rest };
}

function producersPlan(producers: Profile['producers']): ProducersPlan {
  const { rate, send } = producers;
  return {
    ...optional('command', producers.command),
    count: producers.count,
    send,
    // A oneway send waits for its socket only; one that hangs must not hold up the rest.
    window: send === 'sync' ? 1 : (producers.window ?? usualWindow),
    acks: producers.acks,
    idempotent: producers.idempotent,
    // A oneway send never learns of a failure, so there is nothing to try again.
    retries: send === 'oneway' ? 0 : producers.retries,
    retryDelayMs: producers.retryDelay,
    // which broker has which partition is not for a worker of the user's own to know
    retryAnotherBroker: producers.retryAnotherBroker && producers.command === undefined,
    timeoutMs: producers.timeout,
    messages: producers.messages,
    ...(rate === 'max' ? {} : { ratePerSecond: rate }),
    payloadBytes: producers.payload,
  };
}

function redeliveryPlan({ redelivery }: Profile['consumers']): RedeliveryPlan | undefined {
  if (redelivery === undefined) return undefined;
  const { delay: delayMs, attempts, deadLetter } = redelivery;
  return { attempts, delayMs, deadLetter };
}

function faultPlans(profile: Profile, index: number, seed: number): FaultPlan[] {
  const fault = profile.faults[index];
  if (fault === undefined) return [];
  return occurrences(fault, `f${index + 1}`, profile.limit, seed).map(({ id, trigger, repetition }) => ({
    id,
    do: fault.do,
    ...(Object.keys(fault.parameters).length === 0 ? {} : { parameters: fault.parameters }),
    target: chosenTarget(fault.target, profile, id, seed),
    asked: targetText(fault.target),
    trigger,
    ...optional('forMs', fault.for),
    ...(repetition && { repetition: true as const }),
  }));
}

/** Drawn anew for each fault `id`; in the order of the names, whatever the order of the draw. */
export function chosenTarget(
  target: Profile['faults'][number]['target'],
  setUp: SetUp,
  id: string,
  seed: number,
): TargetPlan {
  const choice = targetChoice(target, setUp);
  if (choice.type === 'leader') return choice;
  const { candidates, count, type } = choice;
  const drawn = stream(seed, `${id}/target`).shuffle(candidates).slice(0, count);
  const names = candidates.filter((name) => drawn.includes(name));
  return type === 'nodes' ? { type, nodes: names } : { type, workers: names };
}

/** The profile's limits over the default ones; `any` lifts one. A harm lifts default ones: its own, and its followers'. */
function expectation({ expect }: Profile, undertaking: Undertaking): Expectation {
  const forbidden = expect.contract ? forbiddenByContract(undertaking) : usuallyForbidden(undertaking);
  const limits: Partial<Record<FindingClass, number>> = {};
  const lifted = new Set((expect.harm ?? []).flatMap((harm): FindingClass[] => [harm, ...(followers[harm] ?? [])]));
  // where the broker counts deliveries, a try may be spent on a consumer that never saw the message
  const byBroker = productOf(undertaking.cluster.broker).can.redelivery === 'broker';
  if (byBroker && lifted.has('unprocessed')) lifted.add('skipped');
  for (const name of findingClasses) {
    const limit = expect[name] ?? (forbidden.includes(name) && !lifted.has(name) ? 0 : 'any');
    if (limit !== 'any') limits[name] = limit;
  }
  return {
    ...(expect.contract && { contract: true as const }),
    limits,
    ...optional('recoveryMs', expect.recovery),
    ...optional('ackedShare', expect.acked),
    ...optional('harm', expect.harm),
  };
}

function usuallyForbidden({ consumers }: Undertaking): readonly FindingClass[] {
  const { effect, redelivery, command } = consumers;
  return [
    ...forbiddenByDefault,
    ...(command === undefined ? forbiddenEffects(effect) : forbiddenReports),
    ...decidableRedeliveries(redelivery, effect),
  ];
}

/** Only what can be decided: a limit on anything else would make every run inconclusive. */
function forbiddenByContract(undertaking: Undertaking): readonly FindingClass[] {
  const { effect, redelivery, command } = undertaking.consumers;
  const decidable: readonly FindingClass[] = [
    ...(command === undefined ? [] : decidableReports),
    ...(effect === undefined ? [] : decidableEffects(effect)),
    ...decidableRedeliveries(redelivery, effect),
  ];
  const open: readonly FindingClass[] = [...effectClasses, ...redeliveryClasses];
  const contract = contractOf(undertaking);
  return findingClasses.filter((name) => !contract[name].allowed && (decidable.includes(name) || !open.includes(name)));
}

/** The key with its value, or nothing: an absent key, not one that holds undefined. */
function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}

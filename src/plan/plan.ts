/**
 * The plan: a profile with every choice made. Same profile and seed give the same bytes. A run follows it and nothing
 * else; `mqchaos run --plan plan.json` repeats it. Secrets are never in it: only the names of the environment
 * variables that hold them.
 *
 * The schema is the structure of `plan.json` in the order of its keys; the types are made of it.
 */
import { z } from 'zod';
import { type Expectation, findingClasses } from '../audit/class.ts';
import { nodeControlSchema } from '../products/attached.ts';
import type { ClusterPlan } from '../products/cluster.ts';
import { clusterPlanSchema } from '../products/formats.ts';
import { effectProblems } from '../profile/check/effects.ts';
import { faultNames, faultParameters } from '../profile/schema/fault.ts';
import { mostRedeliveries } from '../profile/schema/redelivery.ts';
import { plannedSecret } from '../profile/schema/secret-reference.ts';
import { triggerSchema } from '../profile/schema/trigger.ts';
import { longestMs } from '../profile/schema/units.ts';

export const planVersion = 1;

const text = z.string().min(1);
const count = z.int().min(0);
const some = z.int().min(1);
const fraction = z.number().min(0).max(1);
/** Bounded as in a profile: a timer beyond 2^31 - 1 ms would fire at once. */
const duration = z.int().min(0).max(longestMs);

/** Program and arguments of a worker of the user's own; no shell. Absent: the workers are ours. */
const command = z.array(text).min(1).exactOptional();

const producersPlan = z.strictObject({
  command,
  count: some,
  send: z.enum(['sync', 'async', 'oneway']),
  /** Sends in flight per producer: 1 when `send` is sync. */
  window: some,
  acks: z.enum(['all', 'one']),
  idempotent: z.boolean(),
  retries: count,
  retryDelayMs: duration,
  retryAnotherBroker: z.boolean(),
  timeoutMs: duration.min(1),
  messages: some,
  /** Messages a second over all producers; absent: as fast as they go. */
  ratePerSecond: some.exactOptional(),
  payloadBytes: some,
});

const effectPlan = z
  .strictObject({
    store: text,
    url: plannedSecret.exactOptional(),
    idempotence: text,
    form: text.exactOptional(),
    idsUrl: plannedSecret.exactOptional(),
    expireMs: duration.min(1).exactOptional(),
    /** Plans of before: as when absent. */
    patienceMs: duration.exactOptional(),
  })
  .superRefine((effect, context) => {
    for (const { key, message } of effectProblems(effect)) context.addIssue({ code: 'custom', path: [key], message });
  });

const failingPlan = z.strictObject({
  share: fraction,
  /** `attempt`: each try by itself; `message`: the same messages always. */
  by: z.enum(['attempt', 'message']),
});

const redeliveryPlan = z.strictObject({
  /** After the first try. */
  attempts: count.max(mostRedeliveries),
  delayMs: duration,
  /** After the last try: to the dead letter topic, or dropped. */
  deadLetter: z.boolean(),
});

const consumersPlan = z.strictObject({
  command,
  /** Consumers in each group. */
  count: some,
  groups: some,
  start: z.discriminatedUnion('type', [
    ...triggerSchema.options,
    z.strictObject({ type: z.literal('at once') }),
    z.strictObject({ type: z.literal('after faults') }),
  ]),
  sessionTimeoutMs: duration.min(1),
  /** When what was received is acknowledged: once it is processed, or before. Plans of before: after. */
  commit: z.enum(['after', 'before']).default('after'),
  /** Processing fails by chance; absent: only when it does by itself. */
  failing: failingPlan.exactOptional(),
  /** Absent: what failed is given back to the broker, with all of its batch that was not acknowledged. */
  redelivery: redeliveryPlan.exactOptional(),
  /** What processing does to the outside; absent: nothing. */
  effect: effectPlan.exactOptional(),
  /** How faults may act on the server of the store, where it is not ours. */
  storeControl: nodeControlSchema.omit({ id: true }).exactOptional(),
});

/**
 * Resolved where a plan can: random choices are made here. `leader` is looked up when the fault fires.
 * Nodes by id (`b1`), workers by name (`p1`, `c2`).
 */
const targetPlan = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('nodes'), nodes: z.array(text).min(1) }),
  z.strictObject({ type: z.literal('leader'), partition: count }),
  z.strictObject({ type: z.literal('workers'), workers: z.array(text).min(1) }),
]);

const faultPlan = z
  .strictObject({
    /** `f1`, `f2` … in the profile's order; repetitions of one entry are `f2.1`, `f2.2` …. */
    id: text,
    do: z.enum(faultNames),
    /** Of this fault, as the profile has them; absent: it has none. */
    parameters: z.record(text, z.unknown()).exactOptional(),
    target: targetPlan,
    /** The target as the profile has it (`one`, `leader of 3`), for people. */
    asked: text.exactOptional(),
    trigger: triggerSchema,
    /** Healed this long after it was injected; absent: the fault heals itself (restart) or at the end of sending. */
    forMs: duration.exactOptional(),
    /** A repetition (`every`): due only while messages are still being sent, so that missing it is no failure. */
    repetition: z.literal(true).exactOptional(),
  })
  .superRefine((fault, context) => {
    const { error } = faultParameters(fault.do).safeParse(fault.parameters ?? {});
    for (const { path, message } of error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: ['parameters', ...path], message });
    }
  });

const limits = Object.fromEntries(findingClasses.map((name) => [name, count.exactOptional()])) as Record<
  (typeof findingClasses)[number],
  z.ZodExactOptional<z.ZodInt>
>;

export const planSchema = z.strictObject({
  version: z.literal(planVersion),
  seed: z.int().min(0).max(0xffff_ffff),
  name: text,
  question: text,
  cluster: clusterPlanSchema,
  /** `partitions` is absent where the product has none. */
  topic: z.strictObject({ partitions: some.exactOptional(), replication: some.exactOptional() }),
  producers: producersPlan,
  consumers: consumersPlan,
  faults: z.array(faultPlan),
  expect: z.strictObject({
    contract: z.literal(true).exactOptional(),
    limits: z.strictObject(limits),
    recoveryMs: duration.min(1).exactOptional(),
    ackedShare: fraction.exactOptional(),
    harm: z.array(z.enum(findingClasses)).min(1).exactOptional(),
  }) satisfies z.ZodType<Expectation>,
  /** Bound of the whole run; beyond it the run is inconclusive. */
  limitMs: duration.min(1),
});

export type Plan = Fixed<z.output<typeof planSchema>>;
export type ProducersPlan = Plan['producers'];
export type FailingPlan = NonNullable<Plan['consumers']['failing']>;
export type RedeliveryPlan = NonNullable<Plan['consumers']['redelivery']>;
export type FaultPlan = Plan['faults'][number];
/** Nodes, workers or the leader of a partition. */
export type TargetPlan = FaultPlan['target'];
/** When. Progress counts first attempts against all messages; acked counts acknowledged messages. */
export type Trigger = FaultPlan['trigger'];
export type { ClusterPlan };

/** Read-only all the way down. */
type Fixed<T> = T extends object ? { readonly [K in keyof T]: Fixed<T[K]> } : T;

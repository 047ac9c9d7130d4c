/** The structure of `plan.json`, in the order of its keys. The types are in `plan.ts`; the compiler holds both together. */
import { z } from 'zod';
import { findingClasses } from '../audit/class.ts';
import { secretReference } from '../profile/secrets.ts';
import { faultNames } from './fault-names.ts';
import { type Plan, planVersion } from './plan.ts';

const text = z.string().min(1);
const count = z.int().min(0);
const reference = z.string().regex(secretReference, { error: `expected \${NAME}: a plan holds no secret` });
const fraction = z.number().min(0).max(1);

const trigger = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('progress'), fraction }),
  z.strictObject({ type: z.literal('acked'), messages: count }),
  z.strictObject({ type: z.literal('time'), afterMs: count }),
]);

const start = z.discriminatedUnion('type', [
  ...trigger.options,
  z.strictObject({ type: z.literal('at once') }),
  z.strictObject({ type: z.literal('after faults') }),
]);

const cluster = z.discriminatedUnion('broker', [
  z.strictObject({ broker: z.literal('bundled'), masters: z.int().min(1) }),
  z.strictObject({
    broker: z.literal('kafka'),
    attach: z.array(text).min(1),
    control: z.array(
      z.strictObject({
        id: text,
        address: text,
        pidFile: text.exactOptional(),
        kill: text.exactOptional(),
        stop: text.exactOptional(),
        start: text.exactOptional(),
      }),
    ),
    tls: z
      .strictObject({
        ca: text.exactOptional(),
        cert: text.exactOptional(),
        key: text.exactOptional(),
        servername: text.exactOptional(),
      })
      .exactOptional(),
    sasl: z
      .strictObject({
        mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
        username: text,
        password: reference,
      })
      .exactOptional(),
    allowRemote: z.literal(true).exactOptional(),
  }),
]);

const fault = z.strictObject({
  id: text,
  do: z.enum(faultNames.map(({ name }) => name)),
  target: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('nodes'), nodes: z.array(text).min(1) }),
    z.strictObject({ type: z.literal('leader'), partition: count }),
    z.strictObject({ type: z.literal('workers'), workers: z.array(text).min(1) }),
  ]),
  asked: text.exactOptional(),
  trigger,
  forMs: count.exactOptional(),
  repetition: z.literal(true).exactOptional(),
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
  cluster,
  topic: z.strictObject({ partitions: z.int().min(1), replication: z.int().min(1).exactOptional() }),
  producers: z.strictObject({
    count: z.int().min(1),
    send: z.enum(['sync', 'async', 'oneway']),
    window: z.int().min(1),
    acks: z.enum(['all', 'one']),
    idempotent: z.boolean(),
    retries: count,
    retryDelayMs: count,
    retryAnotherBroker: z.boolean(),
    timeoutMs: z.int().min(1),
    messages: z.int().min(1),
    ratePerSecond: z.int().min(1).exactOptional(),
    payloadBytes: z.int().min(1),
  }),
  consumers: z.strictObject({
    count: z.int().min(1),
    groups: z.int().min(1),
    start,
    sessionTimeoutMs: z.int().min(1),
  }),
  faults: z.array(fault),
  expect: z.strictObject({
    limits: z.strictObject(limits),
    recoveryMs: z.int().min(1).exactOptional(),
    ackedShare: fraction.exactOptional(),
    harm: z.array(z.enum(findingClasses)).min(1).exactOptional(),
  }),
  limitMs: z.int().min(1),
}) satisfies z.ZodType<Plan>;

/** Kafka's own keys under `cluster`. */
import { z } from 'zod';
import { map } from '../../profile/map.ts';
import { secretReference } from '../../profile/secret-reference.ts';
import { addresses, allowRemote, attachedPlan, control, saslSchema, tls } from '../attached.ts';

export const kafkaSchema = map({
  broker: z.literal('kafka').describe('kafka: a cluster that is there already and speaks the Kafka protocol.'),
  attach: addresses(),
  control: control(),
  tls: tls(),
  sasl: saslSchema.exactOptional().describe('Log in to the cluster.'),
  allowRemote: allowRemote(),
});

export type KafkaCluster = z.output<typeof kafkaSchema>;

const reference = z.string().regex(secretReference, { error: `expected \${NAME}: a plan holds no secret` });

export const kafkaPlanSchema = z.strictObject({
  broker: z.literal('kafka'),
  attach: attachedPlan.attach,
  control: attachedPlan.control,
  tls: attachedPlan.tls,
  sasl: saslSchema.extend({ password: reference }).exactOptional(),
  allowRemote: attachedPlan.allowRemote,
});

export type KafkaPlan = z.output<typeof kafkaPlanSchema>;

export function kafkaPlan({ allowRemote: remote, ...rest }: KafkaCluster): KafkaPlan {
  return { ...rest, ...(remote && { allowRemote: remote }) };
}

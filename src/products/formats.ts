/** All products' parts of a profile and of a plan, told apart by `broker`, with what is the same of each. */
import { z } from 'zod';
import { orOf } from '../profile/schema/units.ts';
import { usualWords } from '../profile/schema/usual-words.ts';
import type { ClusterPlan, ClusterSettings } from './cluster.ts';
import { brokerWords, products } from './registry.ts';
import { volumePlanSchema, volumeSchema } from './volume.ts';

/** `cluster` of a profile. */
export const clusterSchema = unionOf(
  products.map(({ format }) => format.profile.safeExtend({ volume: volumeSchema })),
  (issue) =>
    issue.code === 'invalid_union' ? `expected ${orOf(products.map(({ name }) => name))}` : 'expected a map of keys',
)
  .register(usualWords, brokerWords)
  .describe('The brokers under test.') as unknown as z.ZodType<ClusterSettings>;

/** `cluster` of a plan. */
export const clusterPlanSchema = unionOf(
  products.map(({ format }) => format.plan.safeExtend({ volume: volumePlanSchema })),
) as unknown as z.ZodType<ClusterPlan>;

function unionOf(schemas: readonly z.ZodObject[], error?: (issue: { code?: string }) => string) {
  const [first, ...others] = schemas;
  if (first === undefined) throw new Error('there are no products');
  return z.discriminatedUnion('broker', [first, ...others], error === undefined ? {} : { error });
}

/** What can be fetched. */
import { ToolError } from '../../errors.ts';
import type { Distribution } from './distribution.ts';
import { kafka } from './kafka.ts';
import { rocketmq } from './rocketmq.ts';

export const distributions: readonly Distribution[] = [kafka, rocketmq];

/** @throws ToolError `unknown-distribution` (exit 2). */
export function distributionOf(name: string): Distribution {
  const found = distributions.find((distribution) => distribution.name === name);
  if (found !== undefined) return found;
  throw new ToolError(`there is no distribution "${name}"`, {
    code: 'unknown-distribution',
    hint: `one of: ${distributions.map((distribution) => distribution.name).join(', ')}`,
  });
}

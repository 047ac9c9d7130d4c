/** What the faults share that tell a disk how to behave: which requests, of which files, how many. */
import { z } from 'zod';
import type { DiskOperation, DiskRule } from '../../cluster/controls.ts';
import { choice, text, whole } from '../../profile/schema/units.ts';

const operations = ['read', 'write', 'sync'] as const;

/**
 * @param fault its name. @param what happens to them: `fails`. @param usual which, if the profile does not say.
 */
export function requestParameters(fault: string, what: string, usual: readonly DiskOperation[]) {
  const error = "expected a list of 'read', 'write' and 'sync'";
  return {
    on: z
      .array(choice(operations), { error })
      .min(1, { error })
      .default([...usual])
      .describe(`${fault}: what ${what}. Default: [${usual.join(', ')}].`),
    path: text('expected a pattern such as *.log or data/**')
      .exactOptional()
      .describe(
        `${fault}: of which files, relative to the disk; * stands for anything but /, ** for anything. Default: all.`,
      ),
    requests: whole(1, 1_000_000_000)
      .exactOptional()
      .describe(
        `${fault}: so many requests of each target; then the disk is sound again. Default: until it is healed.`,
      ),
  };
}

/** Which requests a rule is about, of parsed parameters. */
export function requestsOf({
  on,
  path,
  requests,
}: {
  readonly on: readonly DiskOperation[];
  readonly path?: string;
  readonly requests?: number;
}): Pick<DiskRule, 'on' | 'path' | 'times'> {
  return { on, ...(path === undefined ? {} : { path }), ...(requests === undefined ? {} : { times: requests }) };
}

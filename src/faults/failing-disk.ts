/** What the two faults share whose disk answers with an error. */
import { z } from 'zod';
import type { Controlled, Evidence } from '../cluster/controls.ts';
import { choice } from '../profile/units.ts';
import { controlOf, type Deed, type Fault, onAll } from './fault.ts';

type Operation = 'write' | 'sync';

/** @param usual what fails if the profile does not say. */
export function failingDisk(
  words: Pick<Fault, 'name' | 'alsoCalled' | 'summary'>,
  errno: 'EIO' | 'ENOSPC',
  usual: readonly Operation[],
): Fault {
  const parameters = z.strictObject({
    on: z
      .array(choice(['write', 'sync']), { error: "expected a list of 'write' and 'sync'" })
      .min(1, { error: "expected a list of 'write' and 'sync'" })
      .default([...usual])
      .describe(`${words.name}: what fails. Default: [${usual.join(', ')}].`),
  });
  return {
    ...words,
    needs: ['disk', 'stop', 'start'],
    parameters,
    inject: (targets: readonly Controlled[], deed: Deed) => {
      const { on } = parameters.parse(deed.parameters);
      return onAll(targets, async (target) => ({ disk: await controlOf(target, 'disk')({ fail: errno, on }) }));
    },
    heal: (targets) => onAll(targets, restarted),
  };
}

/** After a write or sync that failed a broker takes no more of them: what the disk holds is known again after a restart. */
async function restarted(target: Controlled): Promise<Evidence> {
  return {
    disk: await controlOf(target, 'disk')(null),
    stop: await controlOf(target, 'stop')(),
    start: await controlOf(target, 'start')(),
  };
}
